"""What those share that take the core's events."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..checks.engine import Checks
from .folder.closed import ClosedFiles
from .folder.folders import Folders
from .open.documents import OpenDocuments
from .sinks import Sink


class Shared(NamedTuple):
    """Of the core, whose loop all of it belongs to. ``tell_soon``: the status may be otherwise."""

    folders: Folders
    documents: OpenDocuments
    checks: Checks
    closed_files: ClosedFiles
    sink: Sink
    tell_soon: Callable[[], None]
