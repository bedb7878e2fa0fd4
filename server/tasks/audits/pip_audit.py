"""pip-audit: what it is asked, and how its answer is read. Pure."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ...analyzers.parsing import loads_json
from ...model import Severity
from .dependencies import Advisory

NAME = "pip-audit"
Version = tuple[str, str]
"""A package's normal name, and a version."""

LOCK = "pylock.toml"
_SECONDS = "15"


def lock(versions: Iterable[Version]) -> str:
    """A lock file of these, which pip-audit takes as it is: nothing is resolved, downloaded or
    built, and a package may have several versions."""
    entries = (f'[[packages]]\nname = "{name}"\nversion = "{v}"\n' for name, v in versions)
    return "\n".join(['lock-version = "1.0"\ncreated-by = "understudy"\n', *entries])


def arguments(service: str, folder: str, output: str, cache: str) -> tuple[str, ...]:
    """All of them absolute paths: ``folder`` holds ``LOCK``."""
    return (
        *("--locked", "--format", "json", "--desc", "on", "--aliases", "on"),
        *("--vulnerability-service", "osv", "--osv-url", f"{service}/v1/query"),
        *("--progress-spinner", "off", "--timeout", _SECONDS),
        *("--cache-dir", cache, "--output", output, folder),
    )


class Answer(NamedTuple):
    """``known``: the advisories of each version that was looked at, as JSON; ``skipped``: why
    others were not."""

    known: Mapping[Version, list[dict[str, Any]]]
    skipped: Mapping[Version, str]


def read(content: bytes, asked: Collection[Version]) -> Answer:
    """Raises ValueError when it is no answer of pip-audit's."""
    try:
        data = loads_json(content)
        listed = [each for each in data["dependencies"] if isinstance(each["name"], str)]
        known = {
            (each["name"], each["version"]): _joined(_checked(vuln) for vuln in each["vulns"])
            for each in listed
            if "skip_reason" not in each
        }
        skips = {each["name"]: str(each["skip_reason"]) for each in listed if "skip_reason" in each}
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"no answer of pip-audit's: {error!r}") from error
    looked_at = {version: known[version] for version in asked if version in known}
    skipped = {
        version: skips.get(version[0], "pip-audit says nothing of it")
        for version in asked
        if version not in looked_at
    }
    return Answer(looked_at, skipped)


def _joined(vulns: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """pip-audit tells of an advisory once for each record of it that names the same id: as one,
    with the shortest of the descriptions."""
    found: dict[str, dict[str, Any]] = {}
    for vuln in sorted(vulns, key=lambda each: len(each["title"]) or sys.maxsize):
        known = found.setdefault(vuln["id"], vuln)
        known["aliases"] = sorted({*known["aliases"], *vuln["aliases"]})
        known["fixed"] = known["fixed"] or vuln["fixed"]
    return sorted(found.values(), key=lambda each: each["id"])


def _checked(vuln: Mapping[str, Any]) -> dict[str, Any]:
    aliases, fixed = vuln.get("aliases", []), vuln["fix_versions"]
    if not all(isinstance(each, list) for each in (aliases, fixed)):
        raise TypeError("lists were expected")
    return {
        "id": str(vuln["id"]),
        "aliases": sorted(map(str, aliases)),
        "fixed": list(map(str, fixed)),
        "title": str(vuln.get("description", "")),
    }


def ids(vuln: Mapping[str, Any]) -> list[str]:
    """Under which it is asked for: GitHub's first, which says how bad it is, and its own."""
    github = [each for each in (vuln["id"], *vuln["aliases"]) if each.startswith("GHSA-")]
    return list(dict.fromkeys((*github[:1], vuln["id"])))


_LONGEST = 200


def advisory(vuln: Mapping[str, Any], described: Sequence[Mapping[str, Any]]) -> Advisory:
    """``described``: what ``osv.describe`` says of its ids, the best first."""
    first = ids(vuln)[0]
    severities = [each["severity"] for each in described if each["severity"] is not None]
    title = " ".join(vuln["title"].split())
    return Advisory(
        vuln["id"],
        title if len(title) <= _LONGEST else f"{title[:_LONGEST].rstrip()} …",
        f"https://github.com/advisories/{first}"
        if first.startswith("GHSA-")
        else f"https://osv.dev/vulnerability/{first}",
        Severity(severities[0]) if severities else None,
        next((each["cwe"] for each in described if each["cwe"]), 0),
        tuple(vuln["fixed"]),
    )
