"""Settings of fixes."""

from __future__ import annotations

from typing import Annotated

from .group import About, Group

CHANGES = "it lets your files be changed"


class Fixes(Group):
    on_save: Annotated[
        tuple[str, ...],
        About(
            "Rules whose safe fixes an editor makes after a save, such as F401; safe: all that have"
            " one. Each fix is verified, and nothing that is known before is touched. The save does"
            " not wait: the file is changed once more, and one undo takes that back.",
            trusted_only=CHANGES,
        ),
    ] = ()
