"""Settings of the search for secrets."""

from __future__ import annotations

from typing import Annotated

from .group import About, Group


class Secrets(Group):
    enabled: Annotated[
        bool, About("Look for secrets in code and configuration files, with detect-secrets.")
    ] = False
    timeout_seconds: Annotated[
        float,
        About("Seconds after which the search is stopped on one file.", ge=0.1, le=600),
    ] = 30
