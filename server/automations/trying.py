"""An automation is tried: once and twice, and where its pattern was done before. Where that was in
a commit, the workspace is as it was before it; else it is as it is now, without what was made, and
where it fails so, as the commit had it that was checked out then."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ..disk import read_regular, why
from ..sandbox.names import writable
from ..sandbox.policy import Policy
from ..sandbox.trial import Entry, Status, Trial
from .narrowing import ALL, Touched, filled
from .past import Past
from .pattern import Type
from .permitted import held
from .tested import As, Tested

MOST_INSTANCES = 3
TRIALS = "automation-trials"
"""The name of their folder in the state folder of a workspace."""
_UNTRIED = "it cannot be tried where you had done it, as the workspace is not as it was then"
_MB = 1 << 20
_LARGEST = 10 * _MB
_LEFT_SECONDS = 24 * 3_600.0
_DRIVER = """\
import json, os, subprocess, sys
gone, times = json.loads(sys.argv[1]), int(sys.argv[2])
for path in gone:
    if os.path.isfile(path):
        os.remove(path)
for _ in range(times):
    done = subprocess.run(
        sys.argv[3:], stdin=subprocess.DEVNULL, start_new_session=True
    ).returncode
    if done:
        sys.exit(done)
"""
"""Takes files away that a developer had made, and runs the script so often. Nobody is there to type
anything: it gets no terminal, and nothing to read."""

Sandboxed = Callable[[Sequence[str], Policy, Path | None], Awaitable[Trial]]
"""Runs a command in a folder (None: in the workspace), isolated or not at all."""


class Instance(NamedTuple):
    """A time that the pattern was done: the words for the script, and the files that the developer
    ``made`` then, below the workspace. ``commit``: its hash where it was in one; ``given``: the
    paths that the script is given, ``moved``: those that went or came from elsewhere; ``at``: when
    it was, in seconds since the epoch, None where it is only to be tried. ``values``: of its
    parameters."""

    words: tuple[str, ...]
    made: tuple[str, ...] = ()
    commit: str = ""
    given: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    at: float | None = None
    values: Mapping[str, str] = {}


class _Done(NamedTuple):
    """``root``: the folder in which it was run, None for the workspace."""

    instance: Instance
    trial: Trial
    root: Path | None


def command(script: Path, words: Sequence[str]) -> tuple[str, ...]:
    """What runs a script, in the workspace."""
    return (sys.executable, "-P", str(script), "--root", ".", *words)


async def test(
    script: Path,
    instances: Sequence[Instance],
    policy: Policy,
    run: Sandboxed,
    root: Path,
    folder: Path,
    types: Mapping[str, Type],
) -> Tested:
    """Run it for the last of the ``instances``, and twice for the newest of them that it can be run
    for. ``instances`` is not empty; ``root``: the workspace; ``folder``: where others are made as
    it was; ``types``: of its parameters. Nobody is asked over the network for a trial: what does so
    is run with ``--dry-run``. Raises OSError."""
    if policy.hosts:
        dry = instances[-1]._replace(words=(*instances[-1].words, "--dry-run"))
        alone = replace(held(policy, dry.values, types), hosts=(), copy=False)
        trial = await run(_driven(script, dry, 1, None), alone, None)
        why_not = "" if trial.is_clean else f"with --dry-run: {_why(trial)}"
        return Tested(trial, why_not, asks=policy.hosts)
    async with AsyncExitStack() as stack:
        notes: dict[str, None] = {}
        tried = []
        for each in reversed(instances[-MOST_INSTANCES:]):
            try:
                place = await stack.enter_async_context(_as_it_was(each, root, folder))
            except OSError as error:
                notes[f"not as it was in git: {why(error)}"] = None
                place = None
            own = held(policy, each.values, types)
            done = await run(_driven(script, each, 1, place), own, place)
            if done.status is Status.TIMED_OUT:  # the others would take as long
                return Tested(done, done.why or done.status)
            if _may_be_of_the_past(each, done):
                with contextlib.suppress(OSError):  # there is no such past
                    then = await stack.enter_async_context(_as_it_was_then(each, root, folder))
                    done, place = await run(_driven(script, each, 1, then), own, then), then
            tried.append(_Done(each, done, place))
        failed = [each.trial for each in tried if not each.trial.is_clean]
        if failed:
            said = _why(failed[0])
            notes[f"it failed in {len(failed)} of {len(tried)} cases: {said}"] = None
        instance, trial, place = next((each for each in tried if each.trial.is_clean), tried[0])
        if not trial.is_clean:
            if all(_may_be_of_the_past(each.instance, each.trial) for each in tried):
                return Tested(trial, "", f"{_UNTRIED}: {_why(trial)}", notes=tuple(notes))
            return Tested(trial, _why(trial))
        own = held(policy, instance.values, types)
        again = await run(_driven(script, instance, 2, place), own, place)
        is_idempotent = again.is_clean and _after(again) == _after(trial)
        asked = [
            each for each in tried if each.instance.made or (each.root and each.instance.moved)
        ]
        compared = await asyncio.to_thread(lambda: tuple(_compared(each, root) for each in asked))
        is_free = ALL in policy.write
        return Tested(
            trial,
            "",
            _doubt(compared, len(failed), len(tried)),
            is_idempotent,
            compared,
            unused=() if is_free else _unused(policy, tried, types),
            touched=_touched(tried) if is_free else (),
            idle=_idle(policy, tried),
            in_turn=_names(path for each in tried for path in each.trial.in_turn),
            notes=tuple(notes),
        )


def _why(trial: Trial) -> str:
    """Why it did not end well, with what it printed last."""
    told = trial.why or str(trial.status)
    if trial.status is not Status.FAILED or not trial.last_line:
        return told
    return f"{told} ({trial.last_line})"


def _may_be_of_the_past(instance: Instance, trial: Trial) -> bool:
    """Whether it may have failed only because the workspace is not as it was then."""
    then = instance.at is not None and not instance.commit and not instance.made
    return then and trial.status is Status.FAILED


def _doubt(compared: Sequence[As], failed: int, tried: int) -> str:
    if compared and not any(compared):
        return f"it never did as you had done it, in {len(compared)} cases"
    return f"it failed in {failed} of {tried} cases" if 2 * failed > tried else ""


@asynccontextmanager
async def _as_it_was_then(instance: Instance, root: Path, folder: Path) -> AsyncIterator[Path]:
    """A folder with what was checked out then. Raises OSError where nothing tells that."""
    async with _place(folder) as place:
        await asyncio.to_thread(_restore, root, instance.at or 0.0, place)
        yield place


def _restore(root: Path, at: float, place: Path) -> None:
    past = Past(root)
    if not (commit := past.head_at(at)):
        raise OSError(0, "git does not know what was checked out then")
    past.restore(commit, place)


@asynccontextmanager
async def _as_it_was(instance: Instance, root: Path, folder: Path) -> AsyncIterator[Path | None]:
    """A folder with what there was before the instance's commit; None where it has none."""
    if not instance.commit:
        yield None
        return
    async with _place(folder) as place:
        await asyncio.to_thread(lambda: Past(root).rebuild(instance.commit, instance.given, place))
        yield place


@asynccontextmanager
async def _place(folder: Path) -> AsyncIterator[Path]:
    place = await asyncio.to_thread(_fresh, folder)
    try:
        yield place
    finally:
        await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)


def _fresh(folder: Path) -> Path:
    """A new folder in it. Those that a process left there that was killed are taken away."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for each in folder.iterdir():
        if each.stat().st_mtime < time.time() - _LEFT_SECONDS:
            shutil.rmtree(each, ignore_errors=True)
    return Path(tempfile.mkdtemp(dir=folder))


def _driven(script: Path, instance: Instance, times: int, place: Path | None) -> tuple[str, ...]:
    gone = json.dumps([] if place else instance.made)
    return (sys.executable, "-P", "-c", _DRIVER, gone, str(times), *command(script, instance.words))


def _compared(done: _Done, root: Path) -> As:
    """For a thread."""
    instance, trial, place = done
    if not trial.is_clean:
        return As.OTHERWISE
    after = _contents(trial)
    found = As.SAME
    past = Past(root) if instance.commit and place else None
    for path in (*instance.made, *instance.moved):
        meant = past.content(instance.commit, path) if past else _read(root / path)
        got = after[path] if path in after else _read((place or root) / path)
        if got != meant:
            begins = got and meant is not None and meant.startswith(got)
            found = min(found, As.BEGUN if begins else As.OTHERWISE)
    return found


def _contents(trial: Trial) -> Mapping[str, bytes | None]:
    """Of what it changed; None for what is no file any more. Raises OSError."""
    found: dict[str, bytes | None] = {each.old: None for each in trial.changes if each.old}
    for each in trial.changes:
        is_file = each.after is not None and each.after.entry is Entry.FILE
        found[each.path] = each.after.read() if is_file and each.after else None
    return found


def _read(path: Path) -> bytes | None:
    try:
        return read_regular(path, _LARGEST)
    except OSError:
        return None


def _unused(policy: Policy, tried: Sequence[_Done], types: Mapping[str, Type]) -> tuple[str, ...]:
    """Of what it may write. What was taken away before, and is there again, it has written."""
    paths: list[tuple[Mapping[str, str], set[str]]] = []
    for instance, trial, place in tried:
        changed = {path for change in trial.changes for path in change.paths}
        paths.append((instance.values, changed if place else changed ^ {*instance.made}))

    def is_used(glob: str) -> bool:
        return any(
            any(map(writable(filled([glob], values, types)), written)) for values, written in paths
        )

    return tuple(each for each in policy.write if not (each.startswith("!") or is_used(each)))


def _idle(policy: Policy, tried: Sequence[_Done]) -> tuple[str, ...]:
    started = _names(path for each in tried for path in each.trial.started)
    return tuple(each for each in policy.run or () if PurePosixPath(each).name not in started)


def _names(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({PurePosixPath(each).name for each in paths}))


def _touched(tried: Sequence[_Done]) -> tuple[Touched, ...]:
    return tuple(
        Touched(
            instance.values,
            tuple(sorted({path for each in trial.changes for path in each.paths})),
            frozenset(
                each.path
                for each in trial.changes
                if each.after and each.after.is_folder and each.before is None
            ),
        )
        for instance, trial, _ in tried
        if trial.is_clean
    )


def _after(trial: Trial) -> dict[str, str]:
    """What stands where afterwards, of what it changed."""
    return {each.path: each.after.digest if each.after else "" for each in trial.changes}
