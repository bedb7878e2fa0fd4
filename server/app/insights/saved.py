"""What is known of saved files that are open counts as known of what is on disk, and goes into the
history of findings; and what the server itself takes of a processor is counted."""

from __future__ import annotations

import asyncio
import os
import resource
import time

from ...disk import LARGEST_FILE, read_regular
from ...model import Cost
from ...store.results import FileStamp
from ...text import canonical
from .. import events
from ..feature import Feature
from ..folder.folders import Folders
from ..folder.workspace import Workspace
from ..open.document import Looked
from ..open.documents import OpenDocuments

SERVER = "the server itself"
"""Whom what the server takes is booked on."""
_LEAST_SECONDS = 1.0
_KIB = 1024


class Saved(Feature):
    """What is edited while the tools still look at what was saved changes nothing of that."""

    def __init__(self, folders: Folders, documents: OpenDocuments) -> None:
        self._folders = folders
        self._documents = documents
        self._waiting: dict[str, str] = {}
        """By URI, the digest of what was saved."""
        self._booked = time.process_time()

    def happened(self, event: events.Event) -> None:
        if isinstance(event, events.Saved | events.Opened):
            document = self._documents.get(event.uri)
            if document is not None and not document.workspace.loose:
                self._waiting[event.uri] = document.subject().digest

    async def heed(self) -> None:
        for uri, digest in tuple(self._waiting.items()):
            document = self._documents.get(uri)
            if document is None:
                del self._waiting[uri]
            elif (looked := document.looked) is not None and looked.subject.digest == digest:
                del self._waiting[uri]
                await self._take(document.workspace, looked)
        self._book(_LEAST_SECONDS)

    async def _take(self, workspace: Workspace, looked: Looked) -> None:
        """What an editor opens need not be what is on disk, nor what it saved be there still."""
        path = looked.subject.path
        about = await asyncio.to_thread(_about, path, looked.subject.content)
        if about is not None:
            stamp = about.st_mtime_ns, about.st_size
            known = FileStamp(*stamp, about.st_ino, looked.subject.digest)
            workspace.results.stamp({path: known})
            workspace.lives.seen(path, workspace.seen(path, looked.reports), stamp)

    async def close(self) -> None:
        self._book(0.0)

    def _book(self, least: float) -> None:
        """On the first of the folders: a process does not know for which it works."""
        spent = time.process_time() - self._booked
        workspace = next(iter(self._folders), None)
        if spent > least and workspace is not None:
            self._booked += spent
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB
            workspace.counts.looked(SERVER, 0, 0.0, Cost(spent, memory))


def _about(path: str, content: bytes) -> os.stat_result | None:
    """Of a file that has that content; None where it has another one."""
    try:
        about = os.stat(path)  # before it is read: what is written meanwhile has another one
        there = canonical(read_regular(path, LARGEST_FILE))
    except OSError:
        return None
    return about if there == canonical(content) else None
