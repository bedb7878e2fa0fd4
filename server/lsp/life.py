"""The life of a session: its begin and its end, what is asked of the client, settings and trust."""

from __future__ import annotations

from typing import Any

from lsprotocol import types as lsp

from ..app import events
from .part import Part
from .server import Server

_WATCHED = "**"
"""Folders come and go too, and clients tell of those only where a pattern matches them."""


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


PART = Part(
    {
        lsp.INITIALIZE: initialize,
        lsp.INITIALIZED: initialized,
        lsp.SHUTDOWN: shutdown,
        lsp.WORKSPACE_DID_CHANGE_CONFIGURATION: did_change_configuration,
        lsp.WINDOW_WORK_DONE_PROGRESS_CANCEL: cancel_progress,
        "understudy/trust": trust_changed,
    }
)
