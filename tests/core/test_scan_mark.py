"""The mark of a scan that is under way: it outlives its process, the hold on it does not."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest

from understudy.app.folder.closed import ClosedFiles
from understudy.app.folder.folders import Folders
from understudy.app.folder.under_way import ScanMark
from understudy.checks.engine import Checks
from understudy.runner.execute import Runner

from .support import tree, until

HOLD = """
import sys
from pathlib import Path
from understudy.app.folder.under_way import ScanMark
ScanMark(Path(sys.argv[1])).put()
print("held", flush=True)
sys.stdin.read()
"""


def test_what_was_put_and_not_lifted_was_left(tmp_path: Path) -> None:
    mark = ScanMark(tmp_path)
    assert not mark.was_left()
    mark.put()
    mark.put()
    assert not mark.was_left(), "this process is at it"
    mark.release()
    assert mark.was_left()
    mark.put()
    mark.lift()
    mark.lift()
    assert not mark.was_left()


def test_a_scan_of_another_process_is_its_own_until_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-P", "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert not ScanMark(tmp_path).was_left()
        mark = ScanMark(tmp_path)
        mark.put()
        mark.lift()
        assert not ScanMark(tmp_path).was_left(), "what another holds is not taken from it"
        other.kill()
        other.wait()
    assert ScanMark(tmp_path).was_left()


@pytest.mark.parametrize("by_user", [True, False])
async def test_the_loop_does_not_wait_until_the_mark_is_off_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_user: bool
) -> None:
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", str(tmp_path / "state"))
    threads: list[threading.Thread] = []
    for what in ("put", "lift", "release"):
        monkeypatch.setattr(ScanMark, what, noting_its_thread(getattr(ScanMark, what), threads))
    monkeypatch.setattr("understudy.app.sinks.SLOW_SECONDS", 0.0)
    sink, runner = Mock(), Runner()
    folders = Folders(sink, trusted=True)
    task = asyncio.get_running_loop().create_task
    closed = ClosedFiles(folders, Checks(runner), sink, lambda _: False, lambda: None, task)
    root = tree(tmp_path / "root", {f"{n}.py": "x = 1\n" for n in range(50)})
    workspace = await folders.open(root)
    scan = task(closed.scan(root))
    try:
        await until(lambda: sink.begin.called)
        if by_user:
            _, give_up = sink.begin.call_args.args
            give_up()
        else:
            await closed.stop(workspace)
        with pytest.raises(asyncio.CancelledError):
            await scan
        assert len(threads) >= 2
        assert threading.main_thread() not in threads
        assert await asyncio.to_thread(workspace.scan_mark.was_left) is not by_user
    finally:
        await workspace.close()
        await runner.close()


def noting_its_thread(
    does: Callable[[ScanMark], None], threads: list[threading.Thread]
) -> Callable[[ScanMark], None]:
    def noted(mark: ScanMark) -> None:
        threads.append(threading.current_thread())
        does(mark)

    return noted


def test_where_nothing_can_be_remembered_nothing_is(tmp_path: Path) -> None:
    mark = ScanMark(tmp_path / "nowhere")
    mark.put()
    assert not mark.was_left()
    mark.lift()
