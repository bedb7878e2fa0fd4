"""Lock files: pinned, hashed, complete, and free of addresses of a registry."""

from __future__ import annotations

import json
import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from understudy.app.install.installing import installable

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def group(name: str) -> list[str]:
    """The requirements of a dependency group, with those of the groups that it includes."""
    own = PROJECT["dependency-groups"][name]
    included = (group(each["include-group"]) for each in own if not isinstance(each, str))
    return [each for each in own if isinstance(each, str)] + list(chain.from_iterable(included))


RUNTIME: list[str] = PROJECT["project"]["dependencies"]
LOCKS = {
    "requirements.lock": RUNTIME,
    "requirements-setup.lock": group("setup"),
    "requirements-dev.lock": RUNTIME + group("dev"),
    "benchmarks/peers.lock": group("bench"),
    "benchmarks/corpus.lock": group("bench-corpus"),
    "tests/core/corpus.lock": group("test-corpus"),
    **{
        f"server/analyzers/managed/{name.removeprefix('tool-')}.lock": group(name)
        for name in PROJECT["dependency-groups"]
        if name.startswith("tool-")
    },
}


def entries(name: str) -> list[str]:
    """One logical line for each pinned package."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_and_hashed(name: str) -> None:
    wrong = [
        e for e in entries(name) if not re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", e)
    ]
    assert not wrong


@pytest.mark.parametrize(("name", "wanted"), LOCKS.items())
def test_the_lock_satisfies_the_project(name: str, wanted: list[str]) -> None:
    pinned = dict(entry.split(maxsplit=1)[0].split("==") for entry in entries(name))
    for text in wanted:
        requirement = Requirement(text)
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, f"{text} is not in {name}: run make lock"
        assert version in requirement.specifier, f"{text} is {version} in {name}: run make lock"


def test_each_tool_that_can_be_installed_has_a_lock() -> None:
    folder = ROOT / "server/analyzers/managed"
    locks = {str(path.relative_to(ROOT)) for path in folder.glob("*.lock")}
    assert locks == {name for name in LOCKS if name.startswith("server/")}
    offered = {each.tool: each.version for each in installable().values()}
    assert offered.keys() == {Path(name).stem for name in locks}
    assert all(offered.values())


def test_no_lock_names_a_registry() -> None:
    locks = [*map(ROOT.joinpath, LOCKS), *ROOT.glob("client-*/package-lock.json")]
    naming = [
        lock.name
        for lock in locks
        if re.search(r'--index-url|--find-links|"resolved"', lock.read_text(encoding="utf-8"))
    ]
    assert not naming


@pytest.mark.parametrize(
    "lock", [str(p.relative_to(ROOT)) for p in ROOT.glob("client-*/package-lock.json")]
)
def test_npm_packages_have_an_integrity_hash(lock: str) -> None:
    packages = json.loads((ROOT / lock).read_text(encoding="utf-8"))["packages"]
    bare = [
        name
        for name, entry in packages.items()
        if name and "integrity" not in entry and not entry.get("link")
    ]
    assert not bare
