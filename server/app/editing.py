"""The documents that are open: what happens to each in the editor, and what is shown of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ..checks import compose
from ..tasks.testing.detect import CONFIGURATIONS as TEST_CONFIGURATIONS
from . import events
from .folder.closed_shown import uri_of
from .open.document import OpenDocument
from .open.fix_on_save import FixOnSave
from .shared import Shared
from .sinks import when_slow
from .upkeep import Upkeep, place


class Editing:
    """Belongs to the event loop."""

    def __init__(self, shared: Shared, upkeep: Upkeep, fix_on_save: FixOnSave) -> None:
        self._shared = shared
        self._upkeep = upkeep
        self._fix_on_save = fix_on_save

    async def opened(self, event: events.Opened) -> None:
        if (before := self._shared.documents.pop(event.uri, None)) is not None:
            before.close()
        for name in {uri_of(event.path), *self._shared.documents.names_of(event.path)} - {
            event.uri
        }:
            self._shared.sink.problems(name, None, None, ())  # a file is shown under one name
        workspace = await self._shared.folders.of(event.path)
        document = self._shared.documents[event.uri] = OpenDocument(
            event.uri,
            event.path,
            event.text,
            event.version,
            event.language,
            workspace,
            self._shared.checks,
            self.changed,
            partial(when_slow, self._shared.sink),
        )
        self._shared.closed_files.show_again(workspace, [event.path])  # it is none of them any more
        if workspace.tasked.on(event.path):
            document.tasked()
        document.analyse()

    def edited(self, event: events.Edited) -> None:
        if (document := self._shared.documents.get(event.uri)) is not None:
            document.edited(event.text, event.version, event.edits)

    def overtaken(self, event: events.Overtaken) -> None:
        document = self._shared.documents.get(event.uri)
        if document is not None and document.version == event.version:
            self.changed(document)

    async def saved(self, event: events.Saved) -> None:
        document = self._shared.documents.get(event.uri)
        if document is None:
            return
        if Path(document.path) in document.workspace.sources:
            await self._upkeep.reload([document.workspace])
        elif self._shared.folders.configuring([Path(document.path)]):
            self._upkeep.analyse_again()
        elif Path(document.path).name in TEST_CONFIGURATIONS:
            self._shared.sink.lenses_changed()
        elif (touched := place(Path(document.path))) != document.path:
            self._shared.closed_files.look_again(document.workspace, [touched])
        document.saved()
        self._fix_on_save.saved(document)

    def fixed(self, event: events.Fixed) -> None:
        if (document := self._shared.documents.get(event.uri)) is not None:
            self._fix_on_save.made(event.uri, event.fix)
            document.analyse()

    async def closed(self, event: events.Closed) -> None:
        document = self._shared.documents.pop(event.uri, None)
        if document is None:
            return
        document.close()
        self._fix_on_save.closed(event.uri)
        workspace, path = document.workspace, document.path
        if path == str(workspace.config_path):
            return  # what is shown of it is what is wrong on disk
        if (twin := self._shared.documents.shown_for(path)) is not None:
            self._shared.sink.problems(event.uri, None, None, ())
            self.changed(twin)  # which the opening of this one may have hidden
            return
        if path not in workspace.files or event.uri != uri_of(path):
            self._shared.sink.problems(event.uri, None, None, ())
        self._shared.closed_files.look_again(workspace, [path])
        await self._upkeep.leave_if_empty(workspace)

    def changed(self, document: OpenDocument) -> None:
        if self._shared.documents.shown_for(document.path) is not document:
            return
        if document.path == str(document.workspace.config_path):
            return
        most = document.workspace.settings.results.max_per_file
        shown = compose.within(document.problems(), most)
        self._shared.sink.problems(document.uri, document.version, document.text, shown)
        self._shared.tell_soon()
