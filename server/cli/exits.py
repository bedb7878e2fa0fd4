"""Exit codes, the same for every command."""

from __future__ import annotations

from enum import IntEnum

from ..app.hooks import hook_script


class Exit(IntEnum):
    CLEAN = 0
    FINDINGS = 1
    USAGE = 2  # also: a configuration that cannot be read
    FAILED = 3  # a tool failed: what was printed is not everything
    BLOCKED = hook_script.BLOCKED  # a gate holds git back
    INTERRUPTED = 130  # as a shell reports the end by Ctrl-C
