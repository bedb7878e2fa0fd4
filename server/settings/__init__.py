"""Settings: defaults < the user's file < the project's file < the editor, as one frozen tree.

Cheap to import; PyYAML and pydantic are loaded when there is something to read.
"""

from __future__ import annotations

from .layers import MAX_BYTES, Layer, Origin, project_file, read_layers, user_file
from .loading import ConfigProblem, Loaded, load
from .tree import Settings

__all__ = [
    "MAX_BYTES",
    "ConfigProblem",
    "Layer",
    "Loaded",
    "Origin",
    "Settings",
    "load",
    "project_file",
    "read_layers",
    "user_file",
]
