"""The environments of tox: ``tox.ini``, ``tox.toml``, and what ``pyproject.toml`` has of it."""

from __future__ import annotations

import configparser
import posixpath
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import product
from typing import Any, NamedTuple

from ..graph import circle
from ..model import Around, Issue, Job, Kind, Place, Problem, Step, Workflow, unique
from ..shell import key

LARGEST = 500_000
_MOST = 300
_BASE = ("testenv", "env_run_base")
_CONTINUED = re.compile(r"\\\n\s*")
_CONDITION = re.compile(r"((?:\{[\w., -]*\}|[\w.,! -])+):\s+(.*)")


class _Env(NamedTuple):
    name: str
    line: int
    commands: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    deps: tuple[str, ...] = ()


class _Read(NamedTuple):
    """``base``: what holds for an environment of that name where it has nothing of its own."""

    listed: tuple[str, ...]
    envs: tuple[_Env, ...]
    base: Callable[[str], _Env]


def workflow(path: str, text: str, _: Around) -> Workflow | None:
    """What can be understood of it, and what is wrong with the rest; None where the file has
    nothing of tox."""
    try:
        if len(text) > LARGEST:
            raise ValueError(f"it has more than {LARGEST:,} characters")
        found = _ini(text) if path.endswith((".ini", ".cfg")) else _toml(path, text)
    except (ValueError, configparser.Error, RecursionError) as error:
        if path.endswith("pyproject.toml"):
            return None  # which is told of by others
        said = " ".join(str(error).split())
        problem = Problem(
            Place(path, getattr(error, "lineno", 1) or 1), f"It cannot be read: {said}."
        )
        return Workflow(Kind.TOX, path, path, problems=(problem,))
    if found is None:
        return None
    jobs = tuple(_jobs(path, found))
    return Workflow(Kind.TOX, path, path, jobs, issues=tuple(_issues(path, found)), in_order=True)


def _jobs(path: str, found: _Read) -> Iterator[Job]:
    own = {each.name: each for each in found.envs}
    for name in unique([*found.listed, *own])[:_MOST]:
        base = found.base(name)
        env = own.get(name, base)
        place = Place(path, env.line)
        commands = env.commands or base.commands
        steps = [Step(place, uses="install", key="install " + " ".join(env.deps))]
        folder = posixpath.dirname(path)
        steps += [Step(place, e, key=key(e), folder=folder) for e in commands]
        entry = name in found.listed
        invocation = f"tox -e {name}"
        needs = tuple(each for each in env.needs or base.needs if each != name)
        yield Job(name, place, needs, (), tuple(steps), 1, entry, invocation)


def _issues(path: str, found: _Read) -> Iterator[Issue]:
    names = {*found.listed, *(each.name for each in found.envs)}
    needs = {each.name: each.needs for each in found.envs}
    for env in found.envs:
        for need in env.needs:
            if need not in names and not re.search(r"[*{]", need):
                text = f"The environment {env.name} depends on {need}, and there is none."
                yield Issue("missing-need", Place(path, env.line), f"{env.name} {need}", text)
    if round_ := circle(needs):
        line = next(each.line for each in found.envs if each.name == round_[0])
        text = f"These environments depend on each other: {' → '.join(round_)}."
        yield Issue("cycle", Place(path, line), " ".join(sorted(set(round_))), text)
    seen: dict[object, _Env] = {}
    for env in found.envs:
        first = seen.setdefault((env.commands, env.deps, env.name if not env.commands else ""), env)
        if first is not env and first.line != env.line:
            text = f"The environments {first.name} and {env.name} run the same with the same."
            before = (f"{first.name} is at {Place(path, first.line)}",)
            yield Issue("duplicate-step", Place(path, env.line), env.name, text, before)
    needed = {need for each in found.envs for need in each.needs}
    for env in found.envs:
        if env.name not in found.listed and env.name not in needed:
            text = f"The environment {env.name} is in no list, and no other depends on it."
            yield Issue("dead", Place(path, env.line), env.name, text)


def _ini(text: str) -> _Read | None:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    parser.read_string(text)
    sections = [each for each in parser.sections() if each.startswith("testenv")]
    if not sections and "tox" not in parser:
        return None
    tox = dict(parser.items("tox")) if parser.has_section("tox") else {}
    listed = expanded(tox.get("env_list") or tox.get("envlist") or "")
    envs: list[_Env] = []

    def env(section: str, name: str) -> _Env:
        own: Mapping[str, str | None] = parser[section] if parser.has_section(section) else {}
        return _Env(
            name,
            _line_of(text, f"[{section}]"),
            tuple(_joined(_for(name, own.get("commands") or ""))),
            expanded(_for(name, own.get("depends") or "")),
            tuple(_for(name, own.get("deps") or "").split("\n")),
        )

    for section in sections[:_MOST]:
        _, _, named = section.partition(":")
        if section not in _BASE:
            envs += [env(section, each) for each in expanded(named.strip() or section)]
    return _Read(listed, tuple(envs), lambda name: env(_BASE[0], name))


def _for(name: str, text: str) -> str:
    """Of a setting, the lines that hold for an environment: those before which no condition stands
    or one that it meets, as ``py{311,312},docs: sphinx``."""
    factors = {*name.split("-")}
    return "\n".join(
        line if found is None else found[2]
        for line in _CONTINUED.sub(" ", text).split("\n")
        if (found := _CONDITION.fullmatch(line)) is None or _meets(factors, found[1])
    )


def _meets(factors: AbstractSet[str], condition: str) -> bool:
    return any(
        all((part[1:] not in factors) if part[:1] == "!" else part in factors for part in parts)
        for each in expanded(condition)
        if (parts := each.split("-"))
    )


def _joined(text: str) -> list[str]:
    return [each.strip().lstrip("-! ") for each in text.split("\n") if each.strip()]


def _toml(path: str, text: str) -> _Read | None:
    data: Any = tomllib.loads(text)
    if path.endswith("pyproject.toml"):
        data = data.get("tool", {}).get("tox") if isinstance(data.get("tool"), dict) else None
    if not isinstance(data, dict):
        return None
    if isinstance(legacy := data.get("legacy_tox_ini"), str):
        return _ini(legacy.replace("\r", ""))
    found = data.get("env")
    envs: dict[str, Any] = found if isinstance(found, dict) else {}
    bare = data.get("env_run_base")
    base = _native("env_run_base", bare if isinstance(bare, dict) else {}, text)
    own = tuple(_native(str(n), e, text) for n, e in [*envs.items()][:_MOST] if isinstance(e, dict))
    return _Read(_texts(data.get("env_list")), own, lambda name: base._replace(name=name))


def _native(name: str, env: Mapping[str, Any], text: str) -> _Env:
    commands = env.get("commands")
    lines = [" ".join(_texts(each)) for each in commands] if isinstance(commands, list) else []
    line = _line_of(text, f"env.{name}]") or _line_of(text, name)
    return _Env(name, line, tuple(lines), _texts(env.get("depends")), _texts(env.get("deps")))


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(e) for e in value if isinstance(e, str)) if isinstance(value, list) else ()


def _line_of(text: str, what: str) -> int:
    at = text.find(what)
    return text.count("\n", 0, at) + 1 if at >= 0 else 1


def expanded(text: str) -> tuple[str, ...]:
    """The names in a list of tox: ``py{311,312}-{a,b}, docs``."""
    bare = re.sub(r"#.*", "", text)
    names = re.findall(r"(?:\{[^{}]*\}|[^\s,{}])+", bare)
    return unique([each for name in names[:_MOST] for each in _of_braces(name)])[:_MOST]


def _of_braces(name: str) -> Iterable[str]:
    parts = [
        [each.strip() for each in part[1:-1].split(",")][:50] if part[:1] == "{" else [part]
        for part in re.findall(r"\{[^{}]*\}|[^{}]+", name)[:8]
    ]
    for count, chosen in enumerate(product(*parts)):
        if count >= _MOST:
            return
        yield "".join(chosen)
