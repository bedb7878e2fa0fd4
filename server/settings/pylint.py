"""Settings of Pylint, which is the user's own."""

from __future__ import annotations

from typing import Annotated

from .group import RUNS, About, Group


class Pylint(Group):
    enabled: Annotated[
        bool,
        About(
            "Run the project's Pylint. Its configuration can run code, so it needs a trusted "
            "workspace."
        ),
    ] = False
    interpreter: Annotated[
        str,
        About(
            "The Python interpreter in whose environment Pylint is installed. Empty: that of the "
            "workspace's environment, as for the tests; where that has no Pylint, the one that "
            "Understudy installed.",
            trusted_only=RUNS,
        ),
    ] = ""
    timeout_seconds: Annotated[
        float, About("Seconds after which Pylint is stopped on one file.", ge=0.1, le=600)
    ] = 60
