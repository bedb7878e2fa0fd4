"""SARIF 2.1.0: one run; each tool is an extension with the rules that were met.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/ — section numbers below refer to it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

from ..app.presentation.problems import owasp_of, title, weakness_of
from ..app.results.baseline import name_of
from ..model import Category, Finding, Problem, Severity
from .result import Place, Result, Silence, as_unicode

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
# GitHub ranks by this number: from 9.0 critical, 7.0 high, 4.0 medium, 0.1 low.
_SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
    Severity.INFO: "0.1",
}

Rules = Mapping[str, Mapping[str, Finding]]
"""By tool and rule identifier: one finding of the rule, from which the rule is described."""


def write_sarif(result: Result, out: TextIO) -> None:
    rules = _rules(chain.from_iterable(result.problems.values()))
    silences = result.silences()
    run = {
        "tool": {
            "driver": {"name": "Understudy", "version": version("understudy"), "rules": []},
            "extensions": [
                {
                    "name": title(tool),
                    **({"version": result.versions[tool]} if result.versions.get(tool) else {}),
                    "rules": [_rule(rule) for rule in by_id.values()],
                }
                for tool, by_id in rules.items()
            ],
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"PROJECT": {"uri": f"{result.root.as_uri()}/"}},
        "invocations": [
            {
                "executionSuccessful": not any(each.state.needs_attention for each in silences),
                "toolExecutionNotifications": [_notification(result, each) for each in silences],
            }
        ],
        "results": [
            _result(result, path, problem, place, rules) for path, problem, place in result.placed()
        ],
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    out.write(as_unicode(json.dumps(document, indent=2, ensure_ascii=False)) + "\n")


def _rules(problems: Iterable[Problem]) -> Rules:
    rules: dict[str, dict[str, Finding]] = {}
    for finding in chain.from_iterable(problem.findings for problem in problems):
        rules.setdefault(finding.tool, {}).setdefault(finding.rule, finding)
    return rules


def _rule(example: Finding) -> dict[str, object]:
    weakness, owasp = weakness_of(example), owasp_of(example).lower().replace(":", "-")
    weaknesses = [f"external/cwe/cwe-{weakness}"] if weakness else []
    weaknesses += [f"external/owasp/owasp-{owasp}"] if owasp else []
    security = example.category is Category.SECURITY
    return {
        "id": example.rule,
        "shortDescription": {"text": f"{title(example.tool)} {example.rule}"},
        **({"helpUri": example.url} if example.url else {}),
        "properties": {
            "tags": [example.category.value, *weaknesses],
            **({"security-severity": _SCORES[example.severity]} if security else {}),
        },
    }


def _result(
    result: Result, path: Path, problem: Problem, place: Place, rules: Rules
) -> dict[str, object]:
    lead = problem.lead
    return {
        "ruleId": lead.rule,
        "rule": {  # 3.52: which extension, and which of its rules
            "id": lead.rule,
            "index": list(rules[lead.tool]).index(lead.rule),
            "toolComponent": {"index": list(rules).index(lead.tool), "name": title(lead.tool)},
        },
        "level": _LEVELS[problem.severity],
        "message": {"text": lead.message},
        "locations": [_location(result, path, place)],
        **_identity(result, problem),
        "properties": {
            "severity": problem.severity.label,
            "confidence": problem.confidence.name.lower(),
            "findings": [f"{title(f.tool)} {f.rule}" for f in problem.findings],
        },
    }


def _identity(result: Result, problem: Problem) -> dict[str, object]:
    """3.27.17 and 3.27.24: what it is known by in other runs, and whether it was in the last."""
    named = name_of(problem.lead.fingerprint)
    state = "unchanged" if problem.known else "new"
    return {
        **({"partialFingerprints": {"understudy/v1": named}} if named else {}),
        **({} if result.fixed is None else {"baselineState": state}),
    }


def _location(result: Result, path: Path, place: Place) -> dict[str, object]:
    start, end = place.range
    return {
        "physicalLocation": {
            **_artifact(result, path),
            "region": {
                "startLine": start.line + 1,
                "startColumn": start.column + 1,
                "endLine": end.line + 1,
                "endColumn": end.column + 1,
            },
        },
        **_in_cell(place),
    }


def _in_cell(place: Place) -> dict[str, object]:
    """3.33: where it is for who sees the notebook, and not its file."""
    if place.cell is None or place.within is None:
        return {}
    number, line = place.cell.number, place.within.start.line + 1
    pointer = f"/cells/{number - 1}/source"
    name = f"cell {number}, line {line}"
    return {
        "logicalLocations": [{"name": name, "fullyQualifiedName": pointer, "kind": "array"}],
        "message": {"text": f"In {name}."},
    }


def _artifact(result: Result, path: Path) -> dict[str, dict[str, str]]:
    if path.is_relative_to(result.root):
        return {
            "artifactLocation": {
                "uri": quote(os.fsencode(result.name(path))),
                "uriBaseId": "PROJECT",
            }
        }
    return {"artifactLocation": {"uri": path.as_uri()}}


def _notification(result: Result, silence: Silence) -> dict[str, object]:
    tools = ", ".join(map(title, silence.tools))
    return {
        "level": "error" if silence.state.needs_attention else "warning",
        "message": {"text": f"{tools}: {silence.state}. {silence.why}".rstrip()},
        "locations": [{"physicalLocation": _artifact(result, path)} for path in silence.paths],
    }
