"""Exit codes, the same for every command."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    CLEAN = 0
    FINDINGS = 1
    USAGE = 2  # also: a configuration that cannot be read
    FAILED = 3  # a tool failed: what was printed is not everything
    INTERRUPTED = 130  # as a shell reports the end by Ctrl-C
