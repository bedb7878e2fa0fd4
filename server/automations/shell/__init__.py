"""What a line that was typed into a shell does, and which of it can be automated. Pure."""

from __future__ import annotations

from .judge import BUILTIN, INTERACTIVE
from .line import Command, commands
from .syntax import INPUT, OR, OUTPUT
from .template import Argument

__all__ = [
    "BUILTIN",
    "INPUT",
    "INTERACTIVE",
    "OR",
    "OUTPUT",
    "Argument",
    "Command",
    "commands",
]
