"""The changes of a trial made so, by the journal or as somebody would who thinks no ill, while
somebody else is at work in the workspace."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from unittest import mock

from understudy.journal import apply as journal
from understudy.journal.beneath import Beneath
from understudy.journal.carry_out import carry_out
from understudy.journal.change import Change, Entry

MADE, TWIN = "made", "twin"
"""In the folder of a moment: where the changes are made, and where nothing is but what somebody
else does."""
_FILLED = """
mkdir -p workspace/folder outside
for place in workspace/folder outside; do echo 'as it was' > $place/inner; done
echo 'as it was' > workspace/text
"""


class Moment(StrEnum):
    """When somebody else is at work: ``BEFORE`` all of it, or after all was ``ADMITTED``, or was
    ``CHECKED`` and only the writing is left. ``NAIVE``: before, and nobody looks. ``ALONE``: never."""

    BEFORE = "before"
    ADMITTED = "admitted"
    CHECKED = "checked"
    NAIVE = "naive"
    ALONE = "alone"


def filled(place: Path) -> Path:
    """A workspace, with a folder beside it that no change is to reach."""
    place.mkdir(parents=True)
    _sh(_FILLED, place)
    return place / "workspace"


def make_so(changes: Sequence[Change], place: Path, moment: Moment, meanwhile: str) -> str:
    """Why it was not done; empty when it was. ``meanwhile``: what a shell does in the workspace at
    that moment."""
    workspace = filled(place / MADE)
    waiting = [] if moment is Moment.ALONE else [meanwhile]
    _sh("\n".join(waiting), filled(place / TWIN))

    def at(*moments: Moment) -> None:
        if moment in moments and waiting:
            _sh(waiting.pop(), workspace)

    def now() -> float:
        at(Moment.ADMITTED)
        return time.time()

    def writing(beneath: Beneath, changes: Sequence[Change], mark: str) -> None:
        at(Moment.CHECKED)
        carry_out(beneath, changes, mark)

    at(Moment.BEFORE, Moment.NAIVE)
    try:
        if moment is Moment.NAIVE:
            for change in changes:
                _write(change, workspace)
            return ""
        with mock.patch.object(journal, "carry_out", writing):
            journal.apply(changes, workspace, place / "journal", by="a test", what="sh", now=now)
    except OSError as error:
        return str(error)
    return ""


def _write(change: Change, workspace: Path) -> None:
    path, after = workspace / change.path, change.after
    if change.old:
        os.rename(workspace / change.old, path)
    elif after is None:
        path.unlink()
    elif after.entry is Entry.LINK:
        path.unlink(missing_ok=True)
        path.symlink_to(after.target)
    elif after.is_folder:
        path.mkdir(exist_ok=True)
    else:
        path.write_bytes(after.read())
        path.chmod(after.mode)


def _sh(script: str, folder: Path) -> None:
    subprocess.run(["sh", "-ec", script], cwd=folder, check=True)
