"""SARIF 2.1.0, as far as it tells of findings, and of what kept a tool from looking. Pure."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from ...findings.severities import of_score
from ...model import Category, Severity
from .matchers import LINE_END
from .rows import Answered, Reading, Row, confidence_of, cwe_in

_PLACE = re.compile(r"\{(\d+)\}")
_SHOWN = ("fail", "review", "open")
"""The kinds of results that say that something may be wrong; the last two leave it to people."""
_UNITS = {"unicodeCodePoints": "characters", "utf16CodeUnits": "utf16"}


def read(reading: Reading, log: Any) -> Answered:
    """The results, and what went wrong in the tool's own words. The reading's fields name the
    properties that tell severity and confidence where the level and the precision do not; its unit
    is that of a tool that does not tell. Raises ``parsing.MALFORMED``.
    """
    rows: list[Row] = []
    trouble = ""
    if not isinstance(log, dict) or not isinstance(log.get("runs"), list):
        raise TypeError("its answer is not SARIF: it has no runs")
    if not log["runs"]:
        return Answered((), "its answer says that no tool ran")
    for run in log["runs"]:
        rules, results = _rules(run), run["results"]
        if results is not None and not isinstance(results, list):
            raise TypeError("its answer is not SARIF: the results are no list")
        rows += [
            _row(reading, run, rules, result)
            for result in results or ()
            if _kind(result) in _SHOWN and not _is_suppressed(result)
        ]
        if results is None:  # SARIF 2.1.0, 3.14.23
            trouble = trouble or next(_failures(run), "its answer says that the tool did not start")
        trouble = trouble or next(_failures(run), "")
    return Answered(tuple(rows), trouble)


def _rules(run: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(run["tool"]["driver"].get("rules") or ())


def _kind(result: Mapping[str, Any]) -> str:
    return str(result.get("kind") or "fail")


def _is_suppressed(result: Mapping[str, Any]) -> bool:
    """In the tool's own way, and not just proposed to be."""
    accepted = [each.get("status", "accepted") for each in result.get("suppressions") or ()]
    return bool(accepted) and all(status == "accepted" for status in accepted)


def _failures(run: Mapping[str, Any]) -> Iterator[str]:
    for invocation in run.get("invocations") or ():
        told = [
            each["message"].get("text", "")
            for kind in ("toolExecutionNotifications", "toolConfigurationNotifications")
            for each in invocation.get(kind) or ()
            if each.get("level") == "error"
        ]
        yield from told
        if invocation.get("executionSuccessful") is False:
            yield "it says that it did not get to its end"


def _row(
    reading: Reading,
    run: Mapping[str, Any],
    rules: list[Mapping[str, Any]],
    result: Mapping[str, Any],
) -> Row:
    rule = _rule(rules, result)
    id_ = str(result.get("ruleId") or rule.get("id") or "")
    properties = {**(rule.get("properties") or {}), **(result.get("properties") or {})}
    tags = " ".join(map(str, properties.get("tags") or ()))
    default = (rule.get("defaultConfiguration") or {}).get("level") or "warning"
    fields = {"confidence": "precision", **dict(reading.fields)}
    graded = properties.get(fields.get("severity"), result.get("level") or default)
    path, place = _place(run, result)
    return Row(
        path=path,
        rule=id_.removeprefix(f"{run['tool']['driver'].get('name')}/"),
        message=_message(rule, result["message"]),
        severity=(
            _severity(reading, graded, properties) if _kind(result) == "fail" else Severity.INFO
        ),
        category=Category.SECURITY if "security" in tags.lower().split() else reading.category,
        place=place,
        unit=_UNITS.get(str(run.get("columnKind")), reading.unit),
        confidence=confidence_of(properties.get(fields["confidence"])),
        url=str(rule.get("helpUri") or ""),
        cwe=cwe_in(tags),
    )


def _rule(rules: list[Mapping[str, Any]], result: Mapping[str, Any]) -> Mapping[str, Any]:
    index = result.get("ruleIndex", (result.get("rule") or {}).get("index", -1))
    if isinstance(index, int) and 0 <= index < len(rules):
        return rules[index]
    named = result.get("ruleId") or (result.get("rule") or {}).get("id")
    return next((each for each in rules if each.get("id") == named), {})


def _message(rule: Mapping[str, Any], message: Mapping[str, Any]) -> str:
    told = (rule.get("messageStrings") or {}).get(message.get("id")) or {}
    text = str(message.get("text") or told.get("text") or "")
    arguments = [str(each) for each in message.get("arguments") or ()]
    return _PLACE.sub(
        lambda found: arguments[int(found[1])] if int(found[1]) < len(arguments) else found[0], text
    )


def _severity(reading: Reading, level: str, properties: Mapping[str, Any]) -> Severity:
    """The score of code scanning, where there is one, else the level."""
    try:
        score = float(properties.get("security-severity") or 0)
    except (TypeError, ValueError):
        score = 0.0
    if score > 0:
        return of_score(score)
    return reading.severity("info" if level == "note" else level)


def _place(
    run: Mapping[str, Any], result: Mapping[str, Any]
) -> tuple[str, tuple[int, int | None, int | None, int | None]]:
    for location in result.get("locations") or ():
        physical = location.get("physicalLocation") or {}
        region = physical.get("region") or {}
        artifact = physical.get("artifactLocation") or {}
        line = _from_one(region.get("startLine")) or 0
        column = _from_one(region.get("startColumn"))
        end_line, end_column = _from_one(region.get("endLine")), _from_one(region.get("endColumn"))
        if end_column is None:  # to the end of the line
            end_column = LINE_END
        return _path(run, artifact), (line, column, end_line, end_column)
    return "", (0, None, None, None)


def _from_one(number: Any) -> int | None:
    return None if number is None else max(0, int(number) - 1)


def _path(run: Mapping[str, Any], artifact: Mapping[str, Any]) -> str:
    if "uri" not in artifact and isinstance(index := artifact.get("index"), int):
        artifact = run["artifacts"][index]["location"]
    uri = str(artifact.get("uri") or "")
    bases = run.get("originalUriBaseIds") or {}
    base = str((bases.get(artifact.get("uriBaseId")) or {}).get("uri") or "")
    if "://" in uri or not base.startswith("file://"):
        base = ""
    return os.path.join(_plain(base), _plain(uri))


def _plain(uri: str) -> str:
    return unquote(uri.removeprefix("file://"), errors="surrogateescape")
