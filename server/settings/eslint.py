"""Settings of ESLint, which is the project's own."""

from __future__ import annotations

from typing import Annotated

from .group import RUNS, About, Group


class Eslint(Group):
    enabled: Annotated[bool, About("Run the project's own ESLint.")] = True
    node: Annotated[
        str,
        About(
            "The Node.js executable that runs ESLint. Empty: `node` on the PATH.",
            trusted_only=RUNS,
        ),
    ] = ""
    timeout_seconds: Annotated[
        float,
        About("Seconds after which ESLint is stopped on a save, or a batch.", ge=0.1, le=600),
    ] = 60
