"""From a pattern to a plain Python script that does it."""

from __future__ import annotations

from .operations import Unfit
from .script import Draft, generate, slug
from .templates import Templates
from .values import arguments, secrets

__all__ = ["Draft", "Templates", "Unfit", "arguments", "generate", "secrets", "slug"]
