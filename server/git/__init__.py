"""The only user of git, safe in a repository that nobody trusts."""

from __future__ import annotations

from .answers import Blob, Head, Operation, Push, is_stored_as, pushes
from .repository import (
    Repository,
    Setting,
    UnknownRevision,
    hook_variables,
    merge,
    settings,
    version,
)
from .running import GitError

__all__ = [
    "Blob",
    "GitError",
    "Head",
    "Operation",
    "Push",
    "Repository",
    "Setting",
    "UnknownRevision",
    "hook_variables",
    "is_stored_as",
    "merge",
    "pushes",
    "settings",
    "version",
]
