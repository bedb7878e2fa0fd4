"""Templates of the user's that are wrong: told of, and nothing else goes with them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from understudy.automations.generate import Templates, apart, generate
from understudy.automations.generate.operations import Unfit
from understudy.automations.generate.templates import MANIFEST
from understudy.automations.pattern import Shape
from understudy.store.automations import State

from .patterns import FILE, TEST_OF_MODULE, pattern
from .world import World, world

PATTERN = pattern(TEST_OF_MODULE, parameters=(FILE,), shape=Shape.FILES)
ENTRY = "templates:\n  - {name: own, file: own.jinja, steps: [create]}\n"
GOOD = '{% include "file_operations.jinja" %}'
LOOP = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace/templates"
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_text(ENTRY)
    return folder


def load(folder: Path, text: str) -> tuple[Templates, str]:
    (folder / "own.jinja").write_text(text)
    templates, problems = Templates.load(folder)
    return templates, "\n".join(f"{each.path.name}:{each.line}: {each.why}" for each in problems)


def test_a_good_one_is_used(folder: Path) -> None:
    templates, problems = load(folder, GOOD)
    assert problems == ""
    assert generate(PATTERN, templates).template == "own"


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_a_manifest_that_is_no_file_keeps_nobody(
    folder: Path, make: Callable[[Path], None]
) -> None:
    (folder / MANIFEST).unlink()
    make(folder / MANIFEST)
    _, problems = load(folder, GOOD)
    assert problems == "manifest.yaml:0: It is not a regular file"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{% for %}", "own.jinja:1: Expected"),
        ("x\n{{ 1 +", "own.jinja:2: unexpected"),
        ('{% include "../../secret" %}', ""),
        ("x" * 1_000_001, "own.jinja:0: It is larger"),
    ],
)
def test_one_that_cannot_be_read_is_passed_over(folder: Path, text: str, told: str) -> None:
    templates, problems = load(folder, text)
    if told:
        assert told in problems
        assert generate(PATTERN, templates).template == "file_operations"
    else:
        with pytest.raises(Unfit, match="secret"):
            generate(PATTERN, templates)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{ nothing }}", "'nothing' is undefined"),
        ("{{ block.__class__.__mro__ }}", "unsafe"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ 'a' * 10 ** 10 }}", "memory"),
        ("{% for a in range(9999) %}{{ 'a' * 9999 }}{% endfor %}", "gives more than"),
        ("not Python at all", "no block of metadata"),
        ("{{ block }}\nif:\n", "no valid Python"),
        (
            '{{ block|replace("write = [", \'write = ["**", \') }}\n',
            "declares other permissions than its steps need",
        ),
        (
            '{{ block|replace("network = []", \'network = ["example.org"]\') }}\n',
            "declares other permissions than its steps need",
        ),
    ],
)
def test_what_goes_wrong_is_told(folder: Path, text: str, told: str) -> None:
    templates, problems = load(folder, text)
    assert problems == ""
    with pytest.raises(Unfit, match=told):
        generate(PATTERN, templates)


async def test_one_without_an_end_is_ended(
    here: World, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.set(templates="templates")
    (folder / "own.jinja").write_text(LOOP)
    await here.past()
    with monkeypatch.context() as brief:
        brief.setattr(apart, "SECONDS", 2)
        await here.cycle()
    (pattern,) = here.learned.patterns
    assert pattern.why_not.endswith("own.jinja went wrong: it had no end within 2 s")
    (folder / "own.jinja").write_text(GOOD)
    await here.cycle()
    found = await here.found()
    assert (found.state, found.template) in (
        (State.OFFERED, "own"),
        (State.TRIED, "own"),
    )
