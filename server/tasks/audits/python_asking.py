"""Asking pip-audit of Python packages, and an OSV service of how bad what it says is."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from ...disk import read_regular
from ...model import Finding
from ...runner.calls import Call, Job, Status
from . import pip_audit, programs
from .asking import LANE, SECONDS, Asking, Failed, Said, host, last_words, printed
from .dependencies import Dependency, Note, finding
from .workspace import Python

_DESCRIBE = "understudy.tasks.audits.osv:describe"
_LARGEST = 64 << 20
_ROUNDS = 3
"""So often a fixed version may have advisories of its own before none is proposed."""

Vulns = list[dict[str, Any]]


async def ask(asking: Asking, python: Python) -> Said:
    """The findings of everything that is in use."""
    wanted = sorted({(each.name, each.version) for each in python.dependencies})
    base = Said(pip_audit.NAME, python.paths, notes=python.notes)
    if not wanted:
        return base
    versions = _Versions(asking)
    failure = await versions.learn(wanted)
    unknown = [each for each in wanted if each not in versions.vulns]
    notes = [
        Note(each.path, each.at, f"{each.name} {each.version}: {why}")
        for each in python.dependencies
        if (why := versions.skipped.get((each.name, each.version)))
    ]
    offline = failure is not None
    described = await _described(asking, versions.vulns, offline=offline)
    targets = await _targets(versions, python.dependencies, offline=offline)
    shown = tuple(_findings(python.dependencies, versions.vulns, described, targets))
    lacking = failure if unknown else None
    return Said(
        pip_audit.NAME,
        python.paths,
        shown,
        (*python.notes, *notes),
        failure=str(lacking) if lacking else "",
        missing=bool(lacking and lacking.missing),
        away=str(failure) if failure and not unknown else "",
        oldest=versions.oldest(wanted),
        audited=len(wanted) - len(unknown),
        unknown=len(unknown) if failure else 0,
        printed=failure.printed if failure else "",
    )


class _Versions:
    """What is known of versions: from the cache, or asked."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self.vulns: dict[pip_audit.Version, Vulns] = {}
        self.skipped: dict[pip_audit.Version, str] = {}
        self._at: dict[pip_audit.Version, float] = {}

    async def learn(
        self, wanted: Collection[pip_audit.Version], *, offline: bool = False
    ) -> Failed | None:
        """What failed, where older answers may have to do; ``offline``: only they."""
        asking = self._asking
        self._recall(wanted, 0.0 if offline else asking.since)
        unknown = [each for each in wanted if each not in self.vulns]
        if not unknown or offline:
            return None
        try:
            answer = await _answer(asking, unknown)
        except Failed as failed:
            self._recall(unknown, 0.0)
            return failed
        for version, vulns in answer.known.items():
            asking.cache.put(self._key(version), asking.now, vulns)
            self.vulns[version] = vulns
        self.skipped |= answer.skipped
        return None

    def is_clean(self, version: pip_audit.Version) -> bool:
        """Whether it is known that no advisory speaks of it."""
        return self.vulns.get(version) == []

    def _recall(self, wanted: Iterable[pip_audit.Version], since: float) -> None:
        for version in wanted:
            if (known := self._asking.cache.get(self._key(version), since)) is not None:
                self.vulns[version], self._at[version] = known.value, known.at

    def _key(self, version: pip_audit.Version) -> str:
        return " ".join((pip_audit.NAME, self._asking.settings.osv_url, *version))

    def oldest(self, wanted: Iterable[pip_audit.Version]) -> float | None:
        """When the oldest of the answers was given that were not asked for now."""
        return min((self._at[each] for each in wanted if each in self._at), default=None)


async def _answer(asking: Asking, wanted: Sequence[pip_audit.Version]) -> pip_audit.Answer:
    """Raises Failed."""
    settings = asking.settings
    trusted = asking.context.trusted
    try:
        program = await asyncio.to_thread(
            programs.pip_audit, settings.pip_audit, asking.root, asking.environ, trusted=trusted
        )
    except programs.NoProgram as error:
        raise Failed(str(error), missing=True) from None
    folder, output = await asyncio.to_thread(_prepare, asking.folder, wanted)
    service = settings.osv_url.rstrip("/")
    words = pip_audit.arguments(service, folder, output, os.path.join(folder, "cache"))
    environment = await asyncio.to_thread(programs.environment, asking.root, asking.environ)
    _, log = await asking.execute([*program, *words], folder, environment)

    def read() -> pip_audit.Answer:
        try:
            return pip_audit.read(read_regular(output, _LARGEST), wanted)
        except FileNotFoundError:
            told = f"{host(service)} was asked, and gave no answer: {last_words(log)}"
            raise Failed(told, printed(log)) from None
        except (OSError, ValueError) as error:
            raise Failed(str(error), printed(log)) from None

    answer = await asyncio.to_thread(read)
    name, version = wanted[0]
    package = {"name": name, "ecosystem": "PyPI"}
    await asking.verify(f"{service}/v1/query", {"package": package, "version": version})
    await asking.note_version(pip_audit.NAME, program, environment)
    return answer


def _prepare(parent: str, wanted: Iterable[pip_audit.Version]) -> tuple[str, str]:
    folder = tempfile.mkdtemp(prefix="pip-audit-", dir=parent)
    Path(folder, pip_audit.LOCK).write_text(pip_audit.lock(wanted), encoding="utf-8")
    return folder, os.path.join(folder, "answer.json")


# ── how bad it is ───────────────────────────────────────────────────────────────────────────────


async def _described(
    asking: Asking, vulns: Mapping[pip_audit.Version, Vulns], *, offline: bool
) -> dict[str, Mapping[str, Any]]:
    """What the service says of the advisories, by id, and said before where it cannot be asked of
    one now; ``offline``: only that."""
    wanted = dict.fromkeys(
        i for each in vulns.values() for vuln in each for i in pip_audit.ids(vuln)
    )
    service = asking.settings.osv_url.rstrip("/")
    old = [i for i in wanted if asking.cache.get(_key(service, i), asking.since) is None]
    if old and not offline:
        call = Call(LANE, _DESCRIBE, (service, SECONDS), tuple(old))
        timeout = asking.settings.timeout_seconds
        outcome = await asking.context.execute(Job(asking.context.task.name, call, timeout))
        if outcome.status is Status.DONE:
            for name, told in zip(old, outcome.results, strict=True):
                if told is not None:
                    asking.cache.put(_key(service, name), asking.now, json.loads(told))
    known = {name: asking.cache.get(_key(service, name)) for name in wanted}
    return {name: answer.value for name, answer in known.items() if answer is not None}


def _key(service: str, name: str) -> str:
    return f"osv {service} {name}"


# ── what helps ──────────────────────────────────────────────────────────────────────────────────


async def _targets(
    versions: _Versions, dependencies: Iterable[Dependency], *, offline: bool
) -> dict[pip_audit.Version, str]:
    """For each version that can be raised the one that it can be raised to: fixed, and itself
    asked of."""
    current = {
        (each.name, each.version): each.version
        for each in dependencies
        if each.declared is not None
    }
    found: dict[pip_audit.Version, str] = {}
    for _ in range(_ROUNDS):
        proposed = {
            start: fixed
            for start, version in current.items()
            if (fixed := _fixed(versions.vulns.get((start[0], version), []), version))
        }
        wanted = [(start[0], fixed) for start, fixed in proposed.items()]
        if not wanted or await versions.learn(wanted, offline=offline):
            break
        found |= {s: fixed for s, fixed in proposed.items() if versions.is_clean((s[0], fixed))}
        current = {start: fixed for start, fixed in proposed.items() if start not in found}
    return found


def _fixed(vulns: Vulns, version: str) -> str:
    """The least version beyond ``version`` in which all is fixed; empty where there is none."""
    least = ""
    for vuln in vulns:
        later = [each for each in vuln["fixed"] if _later(each, version)]
        if not later:
            return ""
        first = min(later, key=Version)
        least = first if not least or _later(first, least) else least
    return least


def _later(one: str, other: str) -> bool:
    try:
        return Version(one) > Version(other)
    except InvalidVersion:
        return False


def _findings(
    dependencies: Iterable[Dependency],
    vulns: Mapping[pip_audit.Version, Vulns],
    described: Mapping[str, Mapping[str, Any]],
    targets: Mapping[pip_audit.Version, str],
) -> Iterable[tuple[str, Finding]]:
    for each in dependencies:
        version = (each.name, each.version)
        for vuln in vulns.get(version, []):
            about = [described[name] for name in pip_audit.ids(vuln) if name in described]
            advisory = pip_audit.advisory(vuln, about)
            yield each.path, finding(pip_audit.NAME, each, advisory, targets.get(version, ""))
