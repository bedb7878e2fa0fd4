"""What happens to files and folders beside the buffers of the editor."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types as lsp

from ..app import events
from .convert import to_folder, to_path
from .part import Part
from .server import Server


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


_ANY_FILE = lsp.FileOperationRegistrationOptions(
    [lsp.FileOperationFilter(lsp.FileOperationPattern("**"), scheme="file")]
)

PART = Part(
    {
        lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES: did_change_watched_files,
        lsp.WORKSPACE_DID_CREATE_FILES: did_create_files,
        lsp.WORKSPACE_DID_RENAME_FILES: did_rename_files,
        lsp.WORKSPACE_DID_DELETE_FILES: did_delete_files,
        lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: did_change_workspace_folders,
    },
    options={
        lsp.WORKSPACE_DID_CREATE_FILES: _ANY_FILE,
        lsp.WORKSPACE_DID_RENAME_FILES: _ANY_FILE,
        lsp.WORKSPACE_DID_DELETE_FILES: _ANY_FILE,
    },
)
