"""Settings of what audits dependencies: whom it asks, and with which programs."""

from __future__ import annotations

from typing import Annotated

from .group import RUNS, SENDS, About, Group


class Audit(Group):
    osv_url: Annotated[
        str,
        About(
            "The OSV service that is asked of Python packages, by their names and versions.",
            form="address",
            trusted_only=SENDS,
        ),
    ] = "https://api.osv.dev"
    registry: Annotated[
        str,
        About(
            "The npm registry that is asked of JavaScript packages, by their names and versions.",
            form="address",
            trusted_only=SENDS,
        ),
    ] = "https://registry.npmjs.org"
    max_age_hours: Annotated[
        int,
        About("Hours for which an answer is not asked for again.", ge=0, le=720),
    ] = 24
    timeout_seconds: Annotated[
        float, About("Seconds after which a tool that audits is stopped.", ge=1, le=3_600)
    ] = 120
    pip_audit: Annotated[
        str,
        About(
            "The pip-audit executable. Empty: the one that you had Understudy install, the one "
            "installed with the server, or the first on the PATH.",
            trusted_only=RUNS,
        ),
    ] = ""
    npm: Annotated[
        str,
        About("The npm executable. Empty: the first on the PATH.", trusted_only=RUNS),
    ] = ""
