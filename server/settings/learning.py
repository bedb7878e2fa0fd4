"""Settings of what is learned from what the developer repeats."""

from __future__ import annotations

from typing import Annotated

from .group import RUNS, About, Group


class Activity(Group):
    enabled: Annotated[
        bool,
        About("Remember what you do in this workspace, to find what repeats; nothing leaves it."),
    ] = True
    terminal: Annotated[
        bool,
        About(
            "Remember commands in terminals, too, as far as the editor's client tells of them.",
            trusted_only="it decides what is remembered of you",
        ),
    ] = False
    max_tasks: Annotated[
        int, About("So many of the last tasks are remembered.", ge=100, le=1_000_000)
    ] = 10_000


class Automations(Group):
    enabled: Annotated[bool, About("Look for what repeats, and offer to take it over.")] = True
    min_occurrences: Annotated[
        int,
        About("How often something has to be done before it counts as a pattern.", ge=2, le=100),
    ] = 3
    min_score: Annotated[
        float, About("The score from which on an automation is made and offered.", ge=0, le=1)
    ] = 0.7
    preferred_score: Annotated[
        float,
        About(
            "The score from which on one with a clean record is marked as preferred.", ge=0, le=1
        ),
    ] = 0.9
    offers_per_hundred: Annotated[
        float, About("So many offers are made in a hundred tasks, at most.", ge=0, le=100)
    ] = 1.0
    max_active: Annotated[
        int, About("So many automations are active at once.", ge=1, le=10_000)
    ] = 100
    min_success_rate: Annotated[
        float, About("Below this share of runs that succeed, one is disabled.", ge=0, le=1)
    ] = 0.7
    max_failures: Annotated[
        int, About("After so many failures in a row, one is disabled.", ge=1, le=100)
    ] = 3
    cycle_minutes: Annotated[
        float, About("Minutes between two looks for what repeats.", ge=0.1, le=1_440)
    ] = 5
    timeout_seconds: Annotated[
        float, About("Seconds after which a run is ended.", ge=1, le=3_600)
    ] = 60
    memory_mb: Annotated[int, About("What a run may hold of memory, in MiB.", ge=64, le=65_536)] = (
        1_024
    )
    disk_mb: Annotated[int, About("What a run may write, in MiB.", ge=1, le=65_536)] = 256
    processes: Annotated[
        int, About("Processes that a run may have at once, threads included.", ge=1, le=4_096)
    ] = 64
    templates: Annotated[
        str,
        About(
            "A folder of templates of your own, absolute or below the workspace. Empty: none.",
            trusted_only=RUNS,
        ),
    ] = ""
