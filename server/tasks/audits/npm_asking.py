"""Asking npm of what a lock file holds."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from ...runner.logfile import tail
from . import npm_audit, npm_manifests, programs
from .asking import Asking, Failed, Said, host, last_words, printed
from .dependencies import TOP, Advisory, Declared, Dependency, Note, finding
from .npm_manifests import Node
from .ways import Way
from .workspace import Npm

_LARGEST = 64 << 20
_ANY = {"lodash": ["4.17.21"]}
"""What is asked only to see whether the answer is one."""
_ROUNDS = 3
"""So often a fixed version may have advisories of its own before none is proposed."""

Vulns = Mapping[str, list[dict[str, Any]]]
Files = Mapping[str, str]
"""What npm is given, by place in a folder."""
Affected = tuple[Dependency, Advisory]


class _Project(NamedTuple):
    """``declared``: by importer and name."""

    project: Npm
    tree: Mapping[str, Node]
    declared: Mapping[str, Mapping[str, Declared]]

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(map(self.project.path, self.declared))

    @property
    def installed(self) -> set[tuple[str, str]]:
        places = (node for place, node in self.tree.items() if "node_modules/" in place)
        return {(node.name, node.version) for node in places if node.version}


async def ask(asking: Asking, project: Npm) -> Said:
    """The findings of everything that a lock file holds."""
    read = await asyncio.to_thread(_read, project)
    said = Said(npm_audit.NAME, read.paths, notes=tuple(_unlocked(read)))
    if not read.installed:
        return said
    asked = await _vulns(asking, await asyncio.to_thread(_files, project))
    if asked.vulns is None:
        failure = asked.failure
        assert failure is not None
        return replace(
            said,
            failure=str(failure),
            missing=failure.missing,
            unknown=len(read.installed),
            printed=failure.printed,
        )
    affected = await asyncio.to_thread(_affected, read, asked.vulns)
    targets = await _targets(asking, affected, offline=asked.failure is not None)
    return replace(
        said,
        findings=tuple(
            (each.path, finding(npm_audit.NAME, each, advisory, targets.get(_of(each), "")))
            for each, advisory in affected
        ),
        away=str(asked.failure) if asked.failure else "",
        oldest=asked.at,
        audited=len(read.installed),
    )


def _read(project: Npm) -> _Project:
    tree = npm_manifests.nodes(npm_manifests.loads(project.lock))
    declared = {
        importer: {each.name: each for each in npm_manifests.package(content)}
        for importer, content in project.manifests.items()
    }
    return _Project(project, tree, declared)


def _files(project: Npm) -> Files:
    files = {project.lock_name: project.lock}
    for importer, content in project.manifests.items():
        package = npm_audit.manifest(npm_manifests.loads(content))
        files[os.path.join(importer, "package.json")] = package
    return files


def _unlocked(read: _Project) -> Iterator[Note]:
    """What a manifest declares and the lock file does not hold: it is older."""
    lock = read.project.lock_name
    for importer, declared in read.declared.items():
        for each in declared.values():
            there = npm_manifests.resolve(read.tree, importer, each.name)
            if not there and not each.optional:
                told = f"{each.name}: {lock} does not hold it; `npm install` makes it do so"
                yield Note(read.project.path(importer), each.at, told)


# ── the tool ────────────────────────────────────────────────────────────────────────────────────


class _Asked(NamedTuple):
    """``at``: when an answer was given that was not asked for now."""

    vulns: Vulns | None
    at: float | None = None
    failure: Failed | None = None


async def _vulns(asking: Asking, files: Files, *, offline: bool = False) -> _Asked:
    """Of now, or what was said before of the same; ``offline``: only that."""
    key = _key(asking.settings.registry, files)
    if (known := asking.cache.get(key, 0.0 if offline else asking.since)) is not None:
        return _Asked(known.value, known.at)
    if offline:
        return _Asked(None)
    try:
        vulns = await _answer(asking, files)
    except Failed as failed:
        before = asking.cache.get(key)
        return _Asked(before.value, before.at, failed) if before else _Asked(None, None, failed)
    asking.cache.put(key, asking.now, vulns)
    return _Asked(vulns)


def _key(registry: str, files: Files) -> str:
    content = json.dumps(sorted(files.items())).encode()
    return f"{npm_audit.NAME} {registry} {hashlib.blake2b(content, digest_size=20).hexdigest()}"


async def _answer(asking: Asking, files: Files) -> Vulns:
    """Raises Failed."""
    settings, trusted = asking.settings, asking.context.trusted
    try:
        program = await asyncio.to_thread(
            programs.npm, settings.npm, asking.root, asking.environ, trusted=trusted
        )
    except programs.NoProgram as error:
        raise Failed(str(error), missing=True) from None
    folder = await asyncio.to_thread(_prepare, asking.folder, files)
    inherited = await asyncio.to_thread(programs.environment, asking.root, asking.environ)
    environment = npm_audit.environment(inherited)
    words = npm_audit.arguments(settings.registry, asking.folder)
    _, log = await asking.execute([*program, *words], folder, environment)

    def read() -> Vulns:
        try:
            return npm_audit.read(tail(log, _LARGEST))
        except (OSError, ValueError) as error:
            told = f"{host(settings.registry)} was asked: {error}; {last_words(log)}"
            raise Failed(told, printed(log)) from None

    vulns = await asyncio.to_thread(read)
    registry = settings.registry.rstrip("/")
    await asking.verify(f"{registry}/-/npm/v1/security/advisories/bulk", _ANY)
    await asking.note_version(npm_audit.NAME, program, environment)
    return vulns


def _prepare(parent: str, files: Files) -> str:
    """Raises Failed when one of them would lie elsewhere; then nothing is written."""
    folder = tempfile.mkdtemp(prefix="npm-audit-", dir=parent)
    paths = {Path(os.path.normpath(Path(folder, name))): text for name, text in files.items()}
    if not all(path.is_relative_to(folder) for path in paths):
        raise Failed("the lock file names a folder outside of it")
    for path, content in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder


# ── what is affected, and what helps ────────────────────────────────────────────────────────────


def _affected(read: _Project, vulns: Vulns) -> list[Affected]:
    """Every version that an advisory is about: in each manifest that leads to it once, by the
    shortest way, and where none is known at the top of the first."""
    if not any(vulns.values()):
        return []
    ways = {importer: npm_manifests.ways(read.tree, importer) for importer in read.declared}
    found: dict[tuple[str, Dependency, str], Affected] = {}
    for via in (via for each in vulns.values() for via in each):
        for place in via["nodes"]:
            node = read.tree.get(place)
            if node is None or not npm_audit.affects(via["range"], node.version):
                continue
            advisory = npm_audit.advisory(via, node.version)
            shown = list(_shown(read, ways, place, node))
            for each in shown or [Dependency(node.name, node.version, read.paths[0], TOP)]:
                found.setdefault((each.path, each, advisory.id), (each, advisory))
    return list(found.values())


def _shown(
    read: _Project,
    ways: Mapping[str, Mapping[str, Way]],
    place: str,
    node: Node,
) -> Iterator[Dependency]:
    for importer, declared in read.declared.items():
        if way := ways[importer].get(place):
            at = declared.get(way.direct)
            yield Dependency(
                node.name,
                node.version,
                read.project.path(importer),
                at.at if at else TOP,
                way.through,
                way.others,
                None if way.through else at,
            )


_Version = tuple[str, str]


def _of(dependency: Dependency) -> _Version:
    return dependency.name, dependency.version


async def _targets(
    asking: Asking, affected: Sequence[Affected], *, offline: bool
) -> dict[_Version, str]:
    """For each version that can be raised the one that it can be raised to: fixed, and itself
    asked of."""
    bounds: dict[_Version, list[str]] = {}
    for each, advisory in affected:
        if each.declared is not None:
            bounds.setdefault(_of(each), []).append(next(iter(advisory.fixed), ""))
    proposed = _highest(bounds)
    found: dict[_Version, str] = {}
    for _ in range(_ROUNDS):
        files = npm_audit.candidates([(of[0], fixed) for of, fixed in proposed.items()])
        asked = await _vulns(asking, files, offline=offline) if proposed else _Asked(None)
        if asked.vulns is None:
            break
        bounds = {}
        for (name, version), fixed in proposed.items():
            vias = [v for v in asked.vulns.get(name, []) if npm_audit.affects(v["range"], fixed)]
            if not vias:
                found[name, version] = fixed
            for via in vias:
                later = npm_audit.fixed_in(via["range"], fixed)
                bounds.setdefault((name, version), []).append(next(iter(later), ""))
        proposed = _highest(bounds)
    return found


def _highest(bounds: Mapping[_Version, Sequence[str]]) -> dict[_Version, str]:
    """The first version in which all is fixed, where all is fixed in one."""
    return {
        version: max(fixed, key=npm_audit.order) for version, fixed in bounds.items() if all(fixed)
    }
