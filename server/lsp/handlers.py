"""One short handler per message: convert, hand the event to the core, answer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp

from ..app import commands, events
from ..app.presentation import status
from ..app.presentation.problems import in_cells, reason_lines
from ..app.results.scan import Scan
from ..notebooks import is_notebook
from ..settings.rule_lists import FIXED_ON_SAVE, IGNORED
from ..text import Lines
from . import activity, automations, code_actions, hover, sandbox
from . import code_lens as code_lenses
from .asking import asked, mapping, padded, ready, root_of
from .convert import to_folder, to_path
from .documents import Document
from .notebooks import OpenNotebook, seen_from
from .server import Server

log = logging.getLogger(__name__)

Handler = Callable[..., Any]

_WATCHED = "**"
"""Folders come and go too, and clients tell of those only where a pattern matches them."""


def register(server: Server) -> None:
    """Attach every handler. pygls hands the server to a parameter that is called ``ls``."""
    for method, handler in _FEATURES.items():
        server.feature(method)(handler)
    for method, options, handler in _FEATURES_WITH_OPTIONS:
        server.feature(method, options)(handler)
    for command, handler in _COMMANDS.items():
        server.command(command)(handler)


# ── life ────────────────────────────────────────────────────────────────────────────────────────


def initialize(ls: Server, params: lsp.InitializeParams) -> None:
    ls.initialize(params)


def initialized(ls: Server, _params: lsp.InitializedParams) -> None:
    # Not a coroutine: the core must be there before the next message is taken.
    ls.start()
    ls.core.handle(events.EditorSettings(ls.options.get("settings")))
    ls.core.handle(events.RootsChanged(added=ls.roots()))
    workspace = ls.client_capabilities.workspace
    if workspace and workspace.configuration:
        ls.fetch(_fetch_settings(ls))
    watching = workspace and workspace.did_change_watched_files
    if watching and watching.dynamic_registration:
        ls.publisher.spawn(_watch(ls))


async def _fetch_settings(ls: Server) -> None:
    items = [lsp.ConfigurationItem(section="understudy")]
    answer = await ls.workspace_configuration_async(lsp.ConfigurationParams(items))
    if answer and isinstance(answer[0], dict):
        ls.core.handle(events.EditorSettings(answer[0]))


async def _watch(ls: Server) -> None:
    registration = lsp.Registration(
        id="understudy-files",
        method=lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES,
        register_options=lsp.DidChangeWatchedFilesRegistrationOptions(
            [lsp.FileSystemWatcher(_WATCHED)]
        ),
    )
    await ls.client_register_capability_async(lsp.RegistrationParams([registration]))


async def shutdown(ls: Server, _params: None) -> None:
    await ls.close()


# ── documents ───────────────────────────────────────────────────────────────────────────────────


def did_open(ls: Server, params: lsp.DidOpenTextDocumentParams) -> None:
    item = params.text_document
    if (path := to_path(item.uri)) is None or is_notebook(path):
        return  # a notebook that is shown as text is one that is not open: as it is on disk
    ls.documents[item.uri] = Document(item.uri, item.version, Lines(item.text))
    ls.core.handle(events.Opened(item.uri, path, item.text, item.version, item.language_id))


def did_change(ls: Server, params: lsp.DidChangeTextDocumentParams) -> None:
    if (document := ls.documents.get(params.text_document.uri)) is None:
        return
    edits = document.change(params.content_changes, ls.encoding)
    document.version = params.text_document.version
    activity.heed_fix(ls, document)
    ls.core.handle(events.Edited(document.uri, document.text, document.version, edits))


def did_save(ls: Server, params: lsp.DidSaveTextDocumentParams) -> None:
    ls.core.handle(events.Saved(params.text_document.uri))


def did_close(ls: Server, params: lsp.DidCloseTextDocumentParams) -> None:
    if ls.documents.pop(params.text_document.uri, None) is not None:
        ls.offered.pop(params.text_document.uri, None)
        ls.core.handle(events.Closed(params.text_document.uri))


# ── notebooks ───────────────────────────────────────────────────────────────────────────────────


def did_open_notebook(ls: Server, params: lsp.DidOpenNotebookDocumentParams) -> None:
    item = params.notebook_document
    if (path := to_path(item.uri)) is None or not is_notebook(path):
        return
    notebook = OpenNotebook(item, params.cell_text_documents)
    whole = notebook.whole
    ls.notebooks[item.uri], ls.documents[item.uri] = notebook, whole
    ls.core.handle(events.Opened(item.uri, path, whole.text, item.version, "python"))


def did_change_notebook(ls: Server, params: lsp.DidChangeNotebookDocumentParams) -> None:
    if (notebook := ls.notebooks.get(params.notebook_document.uri)) is None:
        return
    before = notebook.cells
    edits = notebook.change(params.change, ls.encoding)
    ls.publisher.forget(each.uri for each in before if each.uri not in notebook)
    if edits:  # what else a version tells of, such as that a cell has run, the core does not hear
        whole = notebook.whole
        whole.version = params.notebook_document.version
        ls.core.handle(events.Edited(whole.uri, whole.text, whole.version, edits))


def did_save_notebook(ls: Server, params: lsp.DidSaveNotebookDocumentParams) -> None:
    ls.core.handle(events.Saved(params.notebook_document.uri))


def did_close_notebook(ls: Server, params: lsp.DidCloseNotebookDocumentParams) -> None:
    uri = params.notebook_document.uri
    if (notebook := ls.notebooks.pop(uri, None)) is not None:
        del ls.documents[uri]
        ls.publisher.forget(each.uri for each in notebook.cells)
        ls.core.handle(events.Closed(uri))


# ── files, folders, settings, trust ─────────────────────────────────────────────────────────────


def did_change_watched_files(ls: Server, params: lsp.DidChangeWatchedFilesParams) -> None:
    touched: dict[lsp.FileChangeType, list[Path]] = {kind: [] for kind in lsp.FileChangeType}
    for change in params.changes:
        if path := to_path(change.uri):
            touched[change.type].append(Path(path))
    created, changed, deleted = map(tuple, touched.values())
    ls.core.handle(events.FilesTouched((*created, *changed), deleted, created))


def did_rename_files(ls: Server, params: lsp.RenameFilesParams) -> None:
    paths = [(to_path(each.old_uri), to_path(each.new_uri)) for each in params.files]
    renames = tuple((Path(old), Path(new)) for old, new in paths if old and new)
    ls.core.handle(events.FilesRenamed(renames))


def did_create_files(ls: Server, params: lsp.CreateFilesParams) -> None:
    paths = [to_path(each.uri) for each in params.files]
    created = tuple(Path(path) for path in paths if path)
    ls.core.handle(events.FilesTouched(written=created, created=created))


def did_delete_files(ls: Server, params: lsp.DeleteFilesParams) -> None:
    paths = [to_path(each.uri) for each in params.files]
    ls.core.handle(events.FilesTouched(deleted=tuple(Path(path) for path in paths if path)))


def did_change_workspace_folders(ls: Server, params: lsp.DidChangeWorkspaceFoldersParams) -> None:
    added = [to_folder(folder.uri) for folder in params.event.added]
    removed = [to_folder(folder.uri) for folder in params.event.removed]
    ls.core.handle(events.RootsChanged(tuple(filter(None, added)), tuple(filter(None, removed))))


def did_change_configuration(ls: Server, params: lsp.DidChangeConfigurationParams) -> None:
    workspace = ls.client_capabilities.workspace
    if workspace and workspace.configuration:
        ls.fetch(_fetch_settings(ls))
    elif isinstance(params.settings, dict):
        ls.core.handle(events.EditorSettings(params.settings.get("understudy", params.settings)))


def trust_changed(ls: Server, params: Any) -> None:
    trusted = getattr(params, "trusted", None)
    if isinstance(trusted, bool):
        ls.core.handle(events.TrustDecided(trusted))


def cancel_progress(ls: Server, params: lsp.WorkDoneProgressCancelParams) -> None:
    if (cancel := ls.publisher.cancels.get(params.token)) is not None:
        cancel()


# ── answers ─────────────────────────────────────────────────────────────────────────────────────


async def code_action(ls: Server, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    return await code_actions.answer(ls, params)


async def code_lens(ls: Server, params: lsp.CodeLensParams) -> list[lsp.CodeLens]:
    return await code_lenses.answer(ls, params)


def resolve_code_lens(lens: lsp.CodeLens) -> lsp.CodeLens:
    return code_lenses.resolve(lens)


async def hover_text(ls: Server, params: lsp.HoverParams) -> lsp.Hover | None:
    return await hover.answer(ls, params)


async def scan_workspace(ls: Server) -> dict[str, int] | None:
    await ls.settle()
    began, scans = time.time(), await _scanned(ls)
    ls.core.learning.recording.scanned(began, ok=scans is not None)
    if scans is None:
        return None
    return {
        "files": sum(len(scan.reports) for scan in scans),
        "findings": sum(len(each) for scan in scans for each in scan.problems.values()),
    }


async def _scanned(ls: Server, root: Path | None = None) -> Sequence[Scan] | None:
    """None where a scan was cancelled or failed, of which the user was told."""
    try:
        return await ls.core.scan(root)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise  # the request was cancelled, not the scan
        return None
    except OSError:
        return None


async def show_status(ls: Server) -> str:
    await ls.settle()
    return status.detail(ls.core.tell_status())


async def show_left_out(ls: Server) -> str:
    """A line for each file or folder, or a sentence when there is none."""
    await ls.settle()
    return "\n".join(await ls.core.left_out()) or "Nothing is left out."


async def toggle_only_changed(ls: Server) -> str:
    """What is shown from now on, in words."""
    await ls.settle()
    told = ls.core.folders.toggle_only_changed()
    ls.core.handle(events.EditorSettings(ls.core.folders.editor))  # which are read anew
    await ls.settle()
    ls.publisher.message(told)
    return told


async def debug_info(ls: Server) -> str:
    return status.debug_info(ls.core.status())


async def trust(ls: Server) -> None:
    ls.core.handle(events.TrustDecided(trusted=True, lasting=True))


async def untrust(ls: Server) -> None:
    ls.core.handle(events.TrustDecided(trusted=False, lasting=True))


async def run_task(ls: Server, *given: Any) -> Any:
    """Arguments: a task's name, its parameters, a folder; the last two may be left out."""
    task, parameters, root = padded(given, 3)
    return await asked(
        ls, lambda: ls.core.background.run(str(task), mapping(parameters), root_of(root))
    )


async def task_parameters(ls: Server, *given: Any) -> Any:
    """Arguments: a task's name and a folder, which may be left out."""
    task, root = padded(given, 2)
    return await asked(ls, lambda: ls.core.background.parameters(str(task), root_of(root)))


async def run_tests(ls: Server, *given: Any) -> Any:
    """Arguments: parameters, a folder; both may be left out."""
    parameters, root = padded(given, 2)
    return await asked(ls, lambda: ls.core.background.run_tests(mapping(parameters), root_of(root)))


async def run_again(ls: Server) -> Any:
    return await asked(ls, ls.core.background.run_again)


async def cancel_task(ls: Server, root: str, job: int) -> Any:
    return await asked(ls, lambda: ls.core.background.cancel(Path(root), job))


async def show_tasks(ls: Server) -> list[dict[str, Any]]:
    await ready(ls)
    return await ls.core.background.listed()


async def task_output(ls: Server, root: str, job: int) -> Any:
    return await asked(ls, lambda: ls.core.background.output(Path(root), job))


async def ignore_rules(ls: Server, uri: str, rules: list[str]) -> None:
    if (path := to_path(uri)) is not None:
        await ls.core.list_rules(path, IGNORED, rules)
        ls.core.learning.recording.commanded(commands.IGNORE_RULES.id, path)


async def fix_on_save(ls: Server, uri: str, rule: str) -> None:
    if (path := to_path(uri)) is not None:
        await ls.core.list_rules(path, FIXED_ON_SAVE, [rule])


async def dismiss_fix(ls: Server, uri: str, rule: str, never: bool) -> None:
    if (path := to_path(uri)) is not None:
        await asked(ls, lambda: ls.core.learning.dismiss_fix(path, rule, never=never))


async def explain(ls: Server, uri: str, line: int, rule: str) -> list[dict[str, Any]] | None:
    """``line`` counts from 1, in a notebook in its whole. The reasons are shown, too."""
    await ls.settle()
    if (document := ls.core.documents.get(uri)) is None:
        return None
    book = ls.notebooks[uri].book if uri in ls.notebooks else None
    reasons = await ls.core.actions.explain(document, line - 1, rule)
    if book is not None:
        reasons = in_cells(reasons, partial(seen_from, book, line - 1))
    ls.publisher.message("\n".join(reason_lines(reasons)))
    return [reason._asdict() for reason in reasons]


async def fix_rule(ls: Server, uri: str, rule: str) -> int:
    """The number of files that a fix was offered for."""
    await ls.settle()
    if (path := to_path(uri)) is None:
        return 0
    workspace = await ls.core.folders.of(path)
    unknown = not workspace.loose and not workspace.scanned
    if unknown and await _scanned(ls, workspace.root) is None:
        return 0
    here = ls.core.documents.of(workspace)
    fixes = await ls.core.actions.fix_rule(workspace, here, rule)
    ls.publisher.apply_fixes(f"Fix all safe cases of {rule}", fixes)
    ls.core.learning.recording.commanded(commands.FIX_RULE.id, path)
    return len(fixes)


async def install_tool(ls: Server, tool: str) -> bool:
    """Whether it is there now; the user is asked first."""
    wanted = await ls.core.tools.find(tool)
    if wanted is None or not await ls.publisher.agrees(
        wanted.question, "Install", "understudy install"
    ):
        return False
    return await ls.core.tools.install(wanted)


_ANY_FILE = lsp.FileOperationRegistrationOptions(
    [lsp.FileOperationFilter(lsp.FileOperationPattern("**"), scheme="file")]
)

_FEATURES: dict[str, Handler] = {
    lsp.INITIALIZE: initialize,
    lsp.INITIALIZED: initialized,
    lsp.SHUTDOWN: shutdown,
    lsp.TEXT_DOCUMENT_DID_OPEN: did_open,
    lsp.TEXT_DOCUMENT_DID_CHANGE: did_change,
    lsp.TEXT_DOCUMENT_DID_CLOSE: did_close,
    lsp.NOTEBOOK_DOCUMENT_DID_OPEN: did_open_notebook,
    lsp.NOTEBOOK_DOCUMENT_DID_CHANGE: did_change_notebook,
    lsp.NOTEBOOK_DOCUMENT_DID_SAVE: did_save_notebook,
    lsp.NOTEBOOK_DOCUMENT_DID_CLOSE: did_close_notebook,
    lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES: did_change_watched_files,
    lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: did_change_workspace_folders,
    lsp.WORKSPACE_DID_CHANGE_CONFIGURATION: did_change_configuration,
    lsp.WINDOW_WORK_DONE_PROGRESS_CANCEL: cancel_progress,
    lsp.TEXT_DOCUMENT_HOVER: hover_text,
    lsp.CODE_LENS_RESOLVE: resolve_code_lens,
    "understudy/trust": trust_changed,
    "understudy/terminal": activity.terminal,
}

_FEATURES_WITH_OPTIONS = (
    (lsp.TEXT_DOCUMENT_DID_SAVE, lsp.SaveOptions(include_text=False), did_save),
    (lsp.TEXT_DOCUMENT_CODE_LENS, lsp.CodeLensOptions(resolve_provider=True), code_lens),
    (lsp.WORKSPACE_DID_CREATE_FILES, _ANY_FILE, did_create_files),
    (lsp.WORKSPACE_DID_RENAME_FILES, _ANY_FILE, did_rename_files),
    (lsp.WORKSPACE_DID_DELETE_FILES, _ANY_FILE, did_delete_files),
    (
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        lsp.CodeActionOptions(
            [lsp.CodeActionKind.QuickFix, code_actions.FIX_ALL, automations.KIND]
        ),
        code_action,
    ),
)

_COMMANDS: dict[str, Handler] = {
    commands.SCAN.id: scan_workspace,
    commands.RUN_TASK.id: run_task,
    commands.PARAMETERS.id: task_parameters,
    commands.RUN_TESTS.id: run_tests,
    commands.RUN_AGAIN.id: run_again,
    commands.CANCEL_TASK.id: cancel_task,
    commands.TASKS.id: show_tasks,
    commands.TASK_OUTPUT.id: task_output,
    commands.TRY.id: sandbox.run,
    commands.CHANGES.id: sandbox.show,
    commands.APPLY.id: sandbox.apply,
    commands.UNDO.id: sandbox.undo,
    **automations.COMMANDS,
    commands.STATUS.id: show_status,
    commands.LEFT_OUT.id: show_left_out,
    commands.ONLY_CHANGED.id: toggle_only_changed,
    commands.DEBUG_INFO.id: debug_info,
    commands.TRUST.id: trust,
    commands.UNTRUST.id: untrust,
    commands.IGNORE_RULES.id: ignore_rules,
    commands.FIX_ON_SAVE.id: fix_on_save,
    commands.DISMISS_FIX.id: dismiss_fix,
    commands.EXPLAIN.id: explain,
    commands.FIX_RULE.id: fix_rule,
    commands.INSTALL.id: install_tool,
}
