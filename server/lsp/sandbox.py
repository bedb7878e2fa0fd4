"""Commands in the sandbox: tried, looked at, and what they would change made in the editor."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from ..app import commands
from ..app.changes import NO_CHANGE, NOTHING, few
from ..disk import LARGEST_FILE, read_regular
from ..text import decode
from . import convert
from .applying import Beyond, resource_edit, shown_now
from .asking import asked, padded, root_of
from .part import Part
from .server import Server

if TYPE_CHECKING:
    from ..app.trials import Applying


async def run(ls: Server, *given: Any) -> Any:
    """Arguments: a command in one line, a folder, which may be left out where one is open."""
    return await asked(ls, lambda: _tried(ls, *padded(given, 2)))


async def show(ls: Server) -> Any:
    """A diff, or a sentence when there is none."""
    return await asked(ls, lambda: _changes(ls))


async def apply(ls: Server) -> Any:
    """Whether it was done."""
    return await asked(ls, lambda: _apply(ls))


async def undo(ls: Server) -> Any:
    """Whether it was done."""
    return await asked(ls, lambda: _undo(ls))


async def _tried(ls: Server, line: Any, root: Any) -> Mapping[str, Any] | None:
    """None when the user does not agree to the level. Raises ValueError, OSError."""
    if not all(isinstance(each, str | None) for each in (line, root)):
        raise ValueError("a command in one line is wanted, and a folder")
    ready = await ls.core.trials.ready(line or "", root_of(root))
    if ready.question:
        instead = f"understudy sandbox run --level {ready.machine.level}"
        if not await ls.publisher.agrees(ready.question, "Run", instead):
            return None
    done = await ls.core.trials.run(ready, await unsaved(ls))
    ls.core.learning.recording.commanded(commands.TRY.id, str(done.root))
    ls.publisher.message(done.said, error=not done.trial.is_clean)
    return done.payload


async def _changes(ls: Server) -> str:
    return await ls.core.trials.changes() or "It would change nothing."


async def _apply(ls: Server) -> bool:
    """Raises ValueError, OSError."""
    return (await make(ls, await ls.core.trials.applying())).done


class Made(NamedTuple):
    """Whether all is so now; ``entry``: the journal's number of what was made, 0 for nothing."""

    done: bool
    entry: int = 0


async def make(ls: Server, applying: Applying) -> Made:
    """When the user wants it. Raises ValueError, OSError."""
    if not applying.changes:
        ls.publisher.message(NO_CHANGE)
        return Made(True)
    await _want_saved(ls, applying.paths)
    instead = "understudy sandbox run --apply"
    if applying.awake:
        named = few([f"{path} (by {who})" for path, who in applying.awake])
        question = f"It changes files that programs run by themselves: {named}. Let it?"
        if not await ls.publisher.agrees(question, "Let it", instead):
            return Made(False)
    shown = shown_now(ls)
    await _want_saved(ls, applying.paths)  # as it was shown just now
    try:
        edit = await resource_edit(ls, applying, shown)
    except Beyond as beyond:
        question = (
            f"Apply it? It {applying.does}. It is written to disk without the editor, and "
            f"can be taken back: {beyond}."
        )
    else:
        if not edit.change_annotations and not await ls.publisher.agrees(
            f"Apply it? It {applying.does}.", "Apply", instead
        ):
            return Made(False)
        return await _made(ls, applying, edit)
    if not await ls.publisher.agrees(question, "Apply", instead):
        return Made(False)
    await _want_saved(ls, applying.paths)
    record = await ls.core.trials.apply(applying)
    ls.publisher.message("Applied. “Undo Last Automation” takes it back.")
    return Made(True, record.id if record else 0)


async def _undo(ls: Server) -> bool:
    """Raises ValueError, OSError."""
    shown = shown_now(ls)
    if (found := await ls.core.trials.undoing(await unsaved(ls))) is None:
        ls.publisher.message(NOTHING)
        return False
    applying, undoing = found
    changes = undoing.record.changes
    is_open = not applying.paths.isdisjoint(shown)
    edit = None
    if is_open:
        with contextlib.suppress(Beyond):
            edit = await resource_edit(ls, applying, shown)
    paths = {str(applying.root / path) for each in changes for path in each.paths}
    if not edit:
        await _want_saved(ls, paths)
    if not edit or not edit.change_annotations:
        question = " ".join((undoing.question(time.time()), *(f"{n}." for n in undoing.notes)))
        if not await ls.publisher.agrees(question, "Undo", "understudy undo"):
            return False
    told = [f"{each[:1].upper()}{each[1:]}." for each in undoing.lost]
    if edit:
        if not (await _made(ls, applying, edit)).done:
            return False
    else:
        await _want_saved(ls, paths)
        await ls.core.trials.undo(applying)
        told.insert(0, "Undone.")
    if told:
        ls.publisher.message(" ".join(told))
    return True


async def _made(ls: Server, applying: Applying, edit: lsp.WorkspaceEdit) -> Made:
    """Whether the editor has made it. Raises OSError when it cannot be recorded before, and
    ValueError when the editor tells why it did not."""
    trials = ls.core.trials
    record = await trials.hand_over(applying)
    params = lsp.ApplyWorkspaceEditParams(edit, applying.label)
    try:
        answer = await ls.workspace_apply_edit_async(params)
    except JsonRpcException as error:
        answer = lsp.ApplyWorkspaceEditResult(applied=False, failure_reason=str(error))
    with contextlib.suppress(OSError):  # what cannot be written down now stays in doubt
        await trials.answered(applying.root, record, made=answer.applied)
    if answer.failure_reason and not answer.applied:
        raise ValueError(f"the editor did not do it: {answer.failure_reason}")
    return Made(answer.applied, record.id)


async def _want_saved(ls: Server, paths: Iterable[str]) -> None:
    """What is written below an edit that is not saved would be lost with it, or lose it."""
    if edited := sorted((await unsaved(ls)).keys() & set(paths)):
        names = ", ".join(Path(each).name for each in edited)
        raise ValueError(f"save {names} first, or take your edits back, and try again")


async def unsaved(ls: Server) -> Mapping[str, str]:
    """The texts of documents that are open and not as on disk, as they are at the call, by path."""
    texts = {
        path: document.text
        for document in ls.documents.values()
        if (path := convert.to_path(document.uri)) and path.startswith("/")
    }
    return await asyncio.to_thread(_differing, texts)


def _differing(texts: Mapping[str, str]) -> Mapping[str, str]:
    return {path: text for path, text in texts.items() if _on_disk(path) != text}


def _on_disk(path: str) -> str | None:
    try:
        return decode(read_regular(path, LARGEST_FILE))
    except (OSError, ValueError):
        return None


PART = Part(
    commands={
        commands.TRY: run,
        commands.CHANGES: show,
        commands.APPLY: apply,
        commands.UNDO: undo,
    }
)
