"""The mark of a scan that is under way: it outlives its process, the hold on it does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from understudy.app.folder.under_way import ScanMark

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


def test_where_nothing_can_be_remembered_nothing_is(tmp_path: Path) -> None:
    mark = ScanMark(tmp_path / "nowhere")
    mark.put()
    assert not mark.was_left()
    mark.lift()
