"""Scripts that come with a repository: tried by what they tell of themselves, and offered there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from understudy.automations.codec import loads
from understudy.automations.metadata import read
from understudy.store.automations import State

from .world import World, world

GIVEN = {"file": "src/shop/cart.py"}


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


async def committed(here: World) -> tuple[str, str]:
    """Name and text of a script that was accepted here."""
    await here.past()
    await here.cycle()
    accepted = await here.learned.accept(await here.found())
    return accepted.name, (here.scripts / f"{accepted.name}.py").read_text()


def without(source: str, table: str) -> str:
    """A script without a table of its block."""
    before, found, after = source.partition(f"# [tool.understudy.{table}]\n")
    assert found
    return before + after[after.index("#\n") :]


async def test_one_is_offered_in_a_clone_once_it_is_enabled(here: World, tmp_path: Path) -> None:
    name, source = await committed(here)
    async with world(tmp_path / "clone") as clone:
        (clone.root / "src/shop").mkdir(parents=True)
        (clone.root / "src/shop/customer.py").write_text("")
        clone.write(name, source)
        told = await clone.cycle()
        tried = await clone.found()
        assert tried.state is State.TRIED, told
        assert tried.told.startswith("it would change 1 file (new)")
        here_too = await here.found()
        assert (tried.title, tried.when, tried.takes) == (
            here_too.title,
            here_too.when,
            here_too.takes,
        )
        assert loads(tried.makes) == loads(here_too.makes) != ()
        new = str(clone.root / "src/shop/new.py")
        assert await clone.learned.offers(new) == []
        await clone.learned.accept(tried)
        assert [each.arguments for each in await clone.learned.offers(new)] == [
            {"file": "src/shop/new.py"}
        ]


async def test_where_the_same_was_done_it_is_tried_by_that(here: World, tmp_path: Path) -> None:
    name, source = await committed(here)
    async with world(tmp_path / "clone") as clone:
        clone.write(name, source)
        await clone.past()
        assert "as you had done it in 3 of 3 cases" in await clone.cycle()


@pytest.mark.parametrize("table", ["", "example"])
async def test_one_that_nobody_knows_an_example_for_waits_for_one(
    here: World, tmp_path: Path, table: str
) -> None:
    """It is not there, or its file is not."""
    name, source = await committed(here)
    async with world(tmp_path / "clone") as clone:
        clone.write(name, without(source, table) if table else source)
        needs = f"its trial needs file=…: `understudy automations test {name} file=…`"
        assert needs in await clone.cycle()
        found = await clone.found()
        assert (found.state, found.why, found.told) == (
            State.GENERATED,
            "",
            f"not yet, as {needs}",
        )
        with pytest.raises(ValueError, match="is generated as before: it cannot be tried, as its"):
            await clone.learned.accept(found)
        assert (await clone.learned.accept(found, [GIVEN])).state is State.ACTIVE


@pytest.mark.parametrize("table", ["", "example"])
async def test_an_active_one_that_was_edited_after_its_pattern_went(
    here: World, table: str
) -> None:
    """Is tried by its example; without one it stays, and is not run."""
    name, source = await committed(here)
    await here.learned.log.forget()
    here.write(name, (without(source, table) if table else source) + "# more\n")
    await here.cycle()
    found = await here.found()
    assert found.state is State.ACTIVE
    if not table:
        tried, _ = await here.ran(found, **GIVEN)
        assert tried.trial.is_clean
        return
    assert "its trial needs file=…" in found.told
    with pytest.raises(ValueError, match="was edited, and has to be tried again first"):
        await here.ran(found, **GIVEN)
    tested = await here.learned.test(found, [GIVEN])
    tried, _ = await here.ran(tested, **GIVEN)
    assert tried.trial.is_clean


async def test_what_a_script_tells_is_what_is_known_of_it(here: World) -> None:
    _, source = await committed(here)
    found, metadata = await here.found(), read(source)
    assert metadata.example == {"file": "src/shop/customer.py"}
    assert metadata.offer is not None
    assert (metadata.offer.fits, metadata.offer.takes) == (found.when, found.takes)
    assert metadata.offer.makes == loads(found.makes)
