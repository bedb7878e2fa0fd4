"""Settings of how much is shown."""

from __future__ import annotations

from typing import Annotated

from .group import About, Group


class Results(Group):
    max_per_file: Annotated[
        int,
        About(
            "So many findings of a file an editor shows at most, the most important ones; a note at"
            " its top tells how many more there are. `understudy scan FILE` lists all.",
            ge=1,
            le=100_000,
        ),
    ] = 500
    max_in_all: Annotated[
        int,
        About(
            "So many findings an editor shows at most of all files of a folder that are not open,"
            " the most important ones; the status tells how many more there are. `understudy scan`"
            " lists all.",
            ge=0,
            le=1_000_000,
        ),
    ] = 5_000
