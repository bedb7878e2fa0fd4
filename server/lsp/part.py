"""What one module answers a client, as ``handlers.register`` attaches it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..app.commands import Command

Handler = Callable[..., Any]
"""pygls hands the server to a parameter that is called ``ls``."""


class Part(NamedTuple):
    """``features`` by method, with what they are registered with in ``options``; ``commands`` by
    what the client calls."""

    features: Mapping[str, Handler] = {}
    commands: Mapping[Command, Handler] = {}
    options: Mapping[str, Any] = {}
