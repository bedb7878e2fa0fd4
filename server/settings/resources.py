"""Settings of what is watched of the machine."""

from __future__ import annotations

from typing import Annotated

from .group import About, Group


class Resources(Group):
    enabled: Annotated[
        bool,
        About(
            "Watch memory, disks and open files, and tell before they are used up.", scope="window"
        ),
    ] = True
    sample_seconds: Annotated[
        float,
        About(
            "Seconds between two looks; three times as many while all is well.",
            ge=1,
            le=60,
            scope="window",
        ),
    ] = 5
    warn_minutes: Annotated[
        float,
        About(
            "So many minutes before something is used up it is told.", ge=1, le=60, scope="window"
        ),
    ] = 5
    relieve: Annotated[
        bool,
        About(
            "When something runs short, or is about to, give back what Understudy holds of it.",
            scope="window",
        ),
    ] = True
    worker_memory_mb: Annotated[
        int,
        About(
            "A worker of Understudy's that holds more MiB is ended after its job; the next"
            " job gets a new one.",
            ge=64,
            le=65_536,
            scope="window",
        ),
    ] = 512
