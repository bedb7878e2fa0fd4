"""What is told of a run is what a comparison of everything from before with what the command itself
saw last says, whatever it did to its files."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.runner.execute import Runner
from understudy.sandbox.policy import Policy
from understudy.sandbox.run import run

from ..sandbox.walls import WALLS, installed
from . import file_operations
from .file_operations import NAMES, OPERATIONS, are_told, everything, plant

_NAMES = st.sampled_from(NAMES)
_OPERATION = st.tuples(st.sampled_from(sorted(OPERATIONS)), _NAMES, _NAMES)
_PROGRAM = Path(file_operations.__file__).read_text()
_WALLS = ("bubblewrap", "built-in")

_Operations = list[tuple[str, str, str]]


async def _is_told(walls: str, operations: _Operations, runner: Runner) -> None:
    with tempfile.TemporaryDirectory() as place:
        work, trials = Path(place, "work"), Path(place, "trials")
        plant(work)
        before = everything(work)
        argv = (sys.executable, "-I", "-S", "-c", _PROGRAM, json.dumps(operations))
        how = WALLS[walls]._asdict()
        trial = await run(argv, work, Policy(), runner, trials, **how)
        assert trial.is_clean, (trial.why, trial.output)
        assert trial.backend == WALLS[walls].backend
        are_told(trial.changes, before, json.loads(trial.output))
        assert everything(work) == before


def _hold(walls: str, examples: int) -> None:
    installed(walls)
    with asyncio.Runner() as loop:
        runner = Runner()

        @given(st.lists(_OPERATION, max_size=12))
        @settings(max_examples=examples, deadline=None)
        def are_told_of(operations: _Operations) -> None:
            loop.run(_is_told(walls, operations, runner))

        try:
            are_told_of()
        finally:
            loop.run(runner.close())


@pytest.mark.parametrize("walls", _WALLS)
def test_the_same_as_a_comparison_of_everything(walls: str) -> None:
    _hold(walls, 25)


@pytest.mark.soak
@pytest.mark.parametrize("walls", _WALLS)
def test_the_same_as_a_comparison_of_everything_at_length(walls: str) -> None:
    _hold(walls, 1000)
