"""npm audit: what it is asked, and how its answer is read. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from . import severities
from .dependencies import Advisory
from .npm_manifests import SECTIONS

NAME = "npm-audit"
_MARK = re.compile(rb"^\{", re.MULTILINE)


def arguments(registry: str, folder: str) -> tuple[str, ...]:
    """Everything that decides what is asked, and whom: no ``.npmrc`` is read, and nothing that the
    environment says is left to chance."""
    return (
        *("audit", "--json", "--package-lock-only", "--ignore-scripts", "--audit=true"),
        *("--offline=false", "--include=dev", "--include=optional", "--include=peer"),
        *(f"--registry={registry}", f"--userconfig={folder}/user", f"--globalconfig={folder}/all"),
        *(f"--cache={folder}/cache", "--logs-max=0", "--loglevel=error", "--no-update-notifier"),
        *("--fetch-retries=0", "--fetch-timeout=15000", "--location=project"),
    )


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Without what configures npm and Node.js."""
    hidden = ("npm_config_", "node_options", "node_env")
    return {name: value for name, value in environ.items() if not name.lower().startswith(hidden)}


_KEPT = ("name", "version", *SECTIONS, "peerDependenciesMeta", "overrides", "workspaces")


def manifest(package: Mapping[str, Any]) -> str:
    """A ``package.json`` with nothing but what it depends on."""
    return json.dumps({key: package[key] for key in _KEPT if key in package})


def candidates(versions: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The files of a project that has these versions, each under a name of its own."""
    named = {f"candidate-{number}": each for number, each in enumerate(versions)}
    needs = {alias: f"npm:{name}@{version}" for alias, (name, version) in named.items()}
    package = {"name": "candidates", "version": "1.0.0", "dependencies": needs}
    packages: dict[str, object] = {"": package}
    for alias, (name, version) in named.items():
        packages[f"node_modules/{alias}"] = {"name": name, "version": version}
    locked = {**package, "lockfileVersion": 3, "requires": True, "packages": packages}
    del locked["dependencies"]
    return {"package.json": json.dumps(package), "package-lock.json": json.dumps(locked)}


def read(content: bytes) -> dict[str, list[dict[str, Any]]]:
    """The advisories of each vulnerable package, as npm has them, each with the ``nodes``, which
    are the places of all that is vulnerable. Raises ValueError when it is no answer of npm
    audit's, with npm's own words when it has some."""
    data = _json(content)
    if data.get("auditReportVersion") != 2 or not isinstance(data.get("vulnerabilities"), dict):
        raise ValueError(_words(data) or "no answer of npm audit's")
    try:
        return {
            name: [
                {**_checked(via), "nodes": list(map(str, about["nodes"]))}
                for via in about["via"]
                if isinstance(via, dict)
            ]
            for name, about in data["vulnerabilities"].items()
        }
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"no answer of npm audit's: {error!r}") from error


def _json(content: bytes) -> dict[str, Any]:
    """The object in what was printed, between what npm and Node.js have to say."""
    for mark in _MARK.finditer(content):
        try:
            text = content[mark.start() :].decode("utf-8", "replace")
            data, _ = json.JSONDecoder().raw_decode(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(data, dict):
            return data
    raise ValueError("it printed no JSON")


def _words(data: Mapping[str, Any]) -> str:
    error = data.get("error")
    for told in (error, data):
        for key in ("summary", "message", "code"):
            words = told.get(key) if isinstance(told, dict) else None
            if isinstance(words, str) and words.strip():
                return " ".join(words.split())
    return ""


def _checked(via: Mapping[str, Any]) -> dict[str, Any]:
    title, url, range_ = via.get("title"), via.get("url"), via["range"]
    return {
        "source": str(via.get("source", "")),
        "title": title if isinstance(title, str) else "",
        "url": url if isinstance(url, str) else "",
        "severity": str(via.get("severity", "")),
        "cwe": severities.cwe(via.get("cwe")),
        "range": str(range_),
    }


def advisory(via: Mapping[str, Any], version: str) -> Advisory:
    """As it is for a version."""
    named = re.search(r"GHSA(?:-\w{4}){3}", via["url"])
    return Advisory(
        named[0] if named else f"npm-{via['source']}",
        via["title"],
        via["url"],
        severities.of_word(via["severity"]),
        via["cwe"],
        fixed_in(via["range"], version),
    )


# ── ranges of versions ──────────────────────────────────────────────────────────────────────────


class _Number(NamedTuple):
    """A version of three numbers; one that comes ``before`` them is a pre-release."""

    numbers: tuple[int, ...]
    final: bool
    tail: tuple[tuple[bool, int, str], ...] = ()


_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(?:-([\w.-]+))?(?:\+[\w.-]+)?")
_COMPARISON = re.compile(r"(<=|>=|<|>|=)?([^\s,<>=]+)")


def _number(version: str) -> _Number | None:
    match = _VERSION.fullmatch(version)
    if match is None:
        return None
    tail = match[4].split(".") if match[4] else ()
    parts = ((not p.isdigit(), int(p) if p.isdigit() else 0, p) for p in tail)
    return _Number(tuple(map(int, match.group(1, 2, 3))), not tail, tuple(parts))


def order(version: str) -> _Number:
    """To sort by; what is no version comes first."""
    return _number(version) or _Number((), final=False)


def affects(range_: str, version: str) -> bool:
    """Whether an advisory's range holds a version; also where it cannot be told."""
    number = _number(version)
    return number is None or any(_holds(each, number) for each in range_.split("||"))


def _holds(comparisons: str, number: _Number) -> bool:
    if " - " in comparisons:
        return True
    for operator, bound in _comparisons(comparisons):
        against = _number(bound)
        if against is None:
            continue  # such as *
        apart = (number > against) - (number < against)
        if apart not in _FITTING[operator]:
            return False
    return True


_FITTING: Mapping[str, tuple[int, ...]] = {
    "<": (-1,),
    "<=": (-1, 0),
    ">": (1,),
    ">=": (0, 1),
    "=": (0,),
    "": (0,),
}


def _comparisons(text: str) -> Iterable[tuple[str, str]]:
    return _COMPARISON.findall(re.sub(r"([<>=])\s+", r"\1", text.strip()))


def fixed_in(range_: str, version: str) -> tuple[str, ...]:
    """The first version behind that part of an advisory's range which holds ``version``."""
    number = _number(version)
    for each in range_.split("||"):
        if number is None or _holds(each, number):
            return tuple(bound for operator, bound in _comparisons(each) if operator == "<")
    return ()
