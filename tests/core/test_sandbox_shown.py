"""What of a workspace a command may not read is not there for it, whatever keeps it in."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.sandbox.names import folders_above, writable
from understudy.sandbox.policy import Policy
from understudy.sandbox.shown import left_out
from understudy.sandbox.trial import Kind, Status

from ..sandbox.walls import NONE, WALLS, installed
from .sandbox_world import World

FILES = ("a.py", "doc/a.md", "doc/b.md", "doc/in/a.md", "src/a.py", "src/in/b.py", ".git/config")


def fill(root: Path) -> None:
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{name}\n")


@pytest.fixture(params=WALLS | NONE)
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    async with World(tmp_path, installed(request.param)) as world:
        fill(world.root)
        (world.root / "doc").chmod(0o750)
        os.utime(world.root / "doc", (0, 1_000_000_000))
        yield world


LISTED = "find . -type f | sort; stat -c '%a %Y' doc"
SHOWN = {
    ("**",): FILES,
    (): (),
    ("a.py",): ("a.py", "src/a.py"),
    ("/a.py",): ("a.py",),
    ("doc/*.md",): ("doc/a.md", "doc/b.md"),
    ("./doc/in/**",): ("doc/in/a.md",),
    ("src", "!src/in"): ("src/a.py", "src/in/b.py"),
    ("**/a.*",): ("a.py", "doc/a.md", "doc/in/a.md", "src/a.py"),
    (".git", "src/*/b.py"): (".git/config", "src/in/b.py"),
}


@pytest.mark.parametrize("show", SHOWN)
async def test_only_what_is_shown_is_there(world: World, show: tuple[str, ...]) -> None:
    trial = await world.sh(f"{LISTED}; true", Policy(show=show))
    *found, last = trial.output.decode().splitlines()
    there = [each for each in found if each.startswith("./")]
    assert there == sorted(f"./{each}" for each in SHOWN[show])
    if any(each.startswith("doc") for each in SHOWN[show]):
        assert last == "750 1000000000"
    assert (trial.status, trial.changes) == (Status.CLEAN, ())


async def test_the_ways_to_what_is_left_out_lead_nowhere(world: World) -> None:
    (world.root / "src/link").symlink_to("../doc/a.md")
    tries = (
        'cat doc/a.md; cat src/../doc/a.md; cat src/link; cat "$PWD/doc/a.md"; ls doc; cat src/a.py'
    )
    trial = await world.sh(f"({tries}) 2>&1", Policy(show=("src/**",)))
    assert trial.output.count(b"No such file or directory") == 5
    assert trial.output.endswith(b"src/a.py\n")


async def test_what_is_left_out_cannot_be_lost(world: World) -> None:
    """Neither is it changed in ignorance, nor does it go with its folder."""
    narrow = Policy(show=("doc/a.md", "src/**"), write=("doc/a.md", "src/**"))
    for script in (
        "echo x > a.py",
        "rm -r doc",
        "rm -r doc; mkdir -m 700 doc",
        "mkdir .git; echo x > .git/config",
        "mv doc src/moved",
    ):
        trial = await world.sh(script, narrow)
        assert trial.status is Status.VIOLATED, (script, trial)
        assert "which it may not write" in trial.why
    allowed = await world.sh("echo x > doc/a.md; rm src/in/b.py; echo y > src/new", narrow)
    assert [(each.kind, each.path) for each in allowed.changes] == [
        (Kind.MODIFIED, "doc/a.md"),
        (Kind.DELETED, "src/in/b.py"),
        (Kind.CREATED, "src/new"),
    ]
    assert allowed.is_clean


async def test_a_hint_tells_why_it_is_not_there(world: World) -> None:
    trial = await world.sh("cat doc/a.md", Policy(show=("src/**",)))
    assert "what it may not read is not there for it (doc)" in trial.notes


_NAMES = st.sampled_from(["a", "b", "ab"])
_PATHS = st.lists(_NAMES, min_size=1, max_size=4).map("/".join)
_PARTS = st.sampled_from(["a", "b", "a*", "*", "**", "?b"])
_PATTERNS = st.lists(_PARTS, min_size=1, max_size=4).map("/".join)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for one in "a", "b", "ab":
        for two in "a", "b", "ab":
            for three in "a", "b", "ab":
                (root / one / two / three).mkdir(parents=True)
                (root / one / two / three / "a").touch()
    return root


@given(st.lists(_PATTERNS, max_size=3))
def test_left_out_is_what_no_pattern_shows(tree: Path, show: list[str]) -> None:
    """Each file is shown, or is in one that is left out; never both."""
    out = left_out(str(tree), show, ())
    is_shown = writable(show)
    for file in (each.relative_to(tree).as_posix() for each in tree.rglob("*") if each.is_file()):
        is_out = not set(out).isdisjoint(folders_above(file))
        assert is_out != ("**" in show or is_shown(file)), (file, out)
    assert not any(is_shown(each) for each in out)


@given(_PATHS, _PATTERNS)
def test_a_folder_leads_to_all_that_may_be_shown(path: str, pattern: str) -> None:
    from understudy.sandbox.shown import _leads

    if "/" in pattern and writable([pattern])(path):
        for folder in folders_above(path)[:-1]:
            assert _leads(folder, pattern.split("/")) or writable([pattern])(folder)
