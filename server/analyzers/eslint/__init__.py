"""ESLint: the project's own, under its own flat configuration, for JavaScript and TypeScript.

Both are code of the workspace's. Nothing above the root is run: trust was given for what lies at or
below it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ...model import State, Tier
from ...settings import Settings
from ..base import Analyzer, Configuration, Files, fingerprint, nested, upwards
from ..installations import Stamp, is_program, numbers_of, resolve_program, stamp_of

NAME = "eslint"
_CONFIGURATIONS = tuple(f"eslint.config.{end}" for end in ("js", "mjs", "cjs", "ts", "mts", "cts"))
"""In the order in which ESLint looks for them."""
_LEGACY = tuple(f".eslintrc{end}" for end in ("", ".js", ".cjs", ".yaml", ".yml", ".json"))
_LONGEST_VERSION = 64
_OLDEST = (8, 57)
"""The first whose class reads flat configurations."""
_BESIDE = ("package.json", ".gitignore", "tsconfig.json", ".prettierrc", ".editorconfig")
"""What configurations commonly read from the folder where they lie."""
_INSTALLED = (".package-lock.json", ".yarn-integrity", ".yarn-state.yml", ".modules.yaml")
"""What npm, Yarn and pnpm write into ``node_modules`` when they change it."""
_IMPORT = re.compile(
    rb"""(?:\bfrom|\bimport|\brequire)\s*\(?\s*["'](\.{1,2}/[^"'\n]+)["']""",
)
_ENDINGS = ("", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".json", "/index.js", "/index.ts")
_MOST_IMPORTED = 64


class Context(NamedTuple):
    """``package`` is the folder of ESLint, ``source`` the configuration that holds, ``seen`` a
    fingerprint of both and of what they are known to read. With a ``state`` nothing is run, ``why``
    tells why."""

    node: str
    package: str
    source: str
    seen: str
    state: str = ""
    why: str = ""


def _configure(folder: Path, root: Path, settings: Settings, files: Files) -> Configuration:
    """The nearest configuration and the nearest ESLint hold, up to the root."""
    places = _up_to(folder, root)
    source = _first(places, _CONFIGURATIONS, files)
    if source is None:
        return _nothing(State.NOT_ANALYSED, _unconfigured(places, root, files))
    package, manifest = _package(places, files)
    if package is None:
        why = (
            f"{source.name} is there, but ESLint is not: no node_modules/eslint lies beside"
            f" the file or above it, up to {root}."
            " Install it (npm install), or switch eslint.enabled off."
        )
        return _nothing(State.MISSING, why)
    version = str(manifest.get("version", ""))[:_LONGEST_VERSION]
    if numbers_of(version) < _OLDEST:
        why = (
            f"{package} is ESLint {version}; flat configurations need 8.57 or newer."
            f" Upgrade it: npm install --save-dev eslint@latest"
        )
        return _nothing(State.WRONG_VERSION, why, version)
    node = resolve_program(settings.eslint.node or "node", root)
    if not is_program(node):
        named = settings.eslint.node
        why = (
            f"eslint.node names {named}, which is no program; correct or clear the setting"
            if named
            else "Node.js, which runs ESLint, is not on the PATH; install it, or set eslint.node"
        )
        return _nothing(State.MISSING, why)
    contents = [(str(path), fingerprint(content)) for path, content in _read(source, files)]
    modules = dict.fromkeys((package.parent, source.parent / "node_modules"))
    installed = [stamp for each in modules for stamp in _stamps(each)]
    seen = fingerprint(version, contents, installed, stamp_of(node))
    context = Context(node, str(package), str(source), seen)
    return Configuration(
        context,
        source=str(source),
        key=fingerprint(context),
        version=version,
        needs_trust=True,
    )


def _nothing(state: State, why: str, version: str = "") -> Configuration:
    """Nothing is there to be run: that needs no trust."""
    context = Context("", "", "", "", state, why)
    return Configuration(context, key=fingerprint(context), version=version)


def _up_to(folder: Path, root: Path) -> tuple[Path, ...]:
    """The folder and those around it, nearest first, up to the root."""
    return tuple(place for place in upwards(folder) if place.is_relative_to(root)) or (folder,)


def _first(places: tuple[Path, ...], names: tuple[str, ...], files: Files) -> Path | None:
    paths = (place / name for place in places for name in names)
    return next((path for path in paths if files.read(path) is not None), None)


def _unconfigured(places: tuple[Path, ...], root: Path, files: Files) -> str:
    legacy = _first(places, _LEGACY, files)
    manifest = _first(places, ("package.json",), files)
    if legacy is None and manifest and "eslintConfig" in _table(files.read(manifest)):
        legacy = manifest
    if legacy is not None:
        return (
            f"{legacy} configures ESLint in the old form, which is not read."
            f" Make a flat configuration of it: npx @eslint/migrate-config {legacy.name}"
        )
    if (above := _first(tuple(root.parents), _CONFIGURATIONS, files)) is not None:
        return (
            f"{above} lies above {root}, and only what lies in the folder that is open is run."
            f" Open {above.parent} instead"
        )
    return (
        "there is no configuration of ESLint (eslint.config.js or the like) beside the file or"
        f" above it, up to {root}; folders below may have their own"
    )


def _package(places: tuple[Path, ...], files: Files) -> tuple[Path | None, dict[str, Any]]:
    """The folder of the nearest ESLint that is installed, and its ``package.json``."""
    for place in places:
        package = place / "node_modules" / "eslint"
        if (content := files.read(package / "package.json")) is not None:
            return package, _table(content)
    return None, {}


def _table(content: bytes | None) -> dict[str, Any]:
    try:
        return nested(json.loads(content or b"null"))
    except (ValueError, RecursionError):
        return {}


def _read(source: Path, files: Files) -> Iterator[tuple[Path, bytes]]:
    """The configuration, the files of the project's that it imports, and theirs, as far as that can
    be seen without running it; and what lies beside it."""
    waiting = [source]
    found: set[Path] = set()
    while waiting and len(found) < _MOST_IMPORTED:
        path = waiting.pop()
        if path in found or (content := files.read(path)) is None:
            continue
        found.add(path)
        yield path, content
        for name in _IMPORT.findall(content):
            target = path.parent / name.decode("utf-8", "replace")
            waiting += [target.parent / f"{target.name}{end}" for end in _ENDINGS]
    for name in _BESIDE:
        if (content := files.read(source.parent / name)) is not None:
            yield source.parent / name, content


def _stamps(modules: Path) -> tuple[Stamp, ...]:
    return (stamp_of(modules), *(stamp_of(modules / name) for name in _INSTALLED))


ANALYZER = Analyzer(
    name=NAME,
    title="ESLint",
    tier=Tier.DEEP,
    suffixes=frozenset({".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"}),
    languages=frozenset({"javascript", "javascriptreact", "typescript", "typescriptreact"}),
    check=f"{__name__}.child:check",
    configure=_configure,
    enabled=lambda settings: settings.eslint.enabled,
    timeout=lambda settings: settings.eslint.timeout_seconds,
    preload=(f"{__name__}.child",),
    sources=frozenset({*_CONFIGURATIONS, *_LEGACY, "package.json"}),
    advice="npm install --save-dev eslint",
    batch=25,
)
