"""Settings of what starts tasks: watching, schedules, rules of the user's own, git hooks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from .group import SENDS, About, Group

Event = Literal[
    "change",
    "created",
    "deleted",
    "save",
    "commit",
    "push",
    "merge",
    "start",
    "idle",
    "afterTask",
]
Gate = Literal["off", "info", "low", "medium", "high", "critical"]


class Rule(Group):
    """``tasks`` are started by each of ``on``, ``cron``, ``every`` and ``after`` that is given."""

    tasks: Annotated[tuple[str, ...], About("The tasks that are started, by name.")]
    on: Annotated[tuple[Event, ...], About("What starts them.")] = ()
    paths: Annotated[
        tuple[str, ...],
        About("The files whose events count, as .gitignore patterns. Empty: all."),
    ] = ()
    cron: Annotated[
        str, About("When they are started, as a cron expression of five fields.", form="cron")
    ] = ""
    every: Annotated[
        str,
        About(
            "The time between two starts, such as 30m, 2h, 1d, or 30m of activity.", form="interval"
        ),
    ] = ""
    timezone: Annotated[
        str,
        About(
            "The time zone of `cron`, such as Europe/Berlin. Empty: the computer's.",
            form="timezone",
        ),
    ] = ""
    after: Annotated[str, About("The task whose end starts them, by name.")] = ""
    enabled: Annotated[bool, About("Whether this rule counts.")] = True


class Triggers(Group):
    enabled: Annotated[bool, About("Start tasks by themselves: on changes and schedules.")] = True
    debounce_ms: Annotated[
        int,
        About("Milliseconds in which several changes start a task once.", ge=0, le=60_000),
    ] = 1_000
    exclude: Annotated[
        tuple[str, ...],
        About("Files whose changes start nothing, as .gitignore patterns."),
    ] = ()
    idle_seconds: Annotated[
        int,
        About("Seconds without typing or saving after which you are idle.", ge=1, le=3_600),
    ] = 60
    security_on_change: Annotated[bool, About("Scan for security when files change.")] = True
    security_every_minutes: Annotated[
        int,
        About("Minutes of activity between two security scans. 0: none.", ge=0, le=1_440),
    ] = 30
    security_daily: Annotated[
        str,
        About("When the daily security scan is, as a cron expression. Empty: never.", form="cron"),
    ] = "0 9 * * *"
    detached: Annotated[
        bool,
        About("Do what a git hook starts also while no editor runs, in a process of its own."),
    ] = True
    audit_daily: Annotated[
        bool,
        About(
            "Audit the dependencies once a day. It sends their names and versions to the services "
            "in `audit`.",
            trusted_only=SENDS,
        ),
    ] = False
    audit_on_change: Annotated[
        bool,
        About(
            "Audit the dependencies when a manifest or a lock file changes. It sends their names "
            "and versions to the services in `audit`.",
            trusted_only=SENDS,
        ),
    ] = False
    quality_on_commit: Annotated[bool, About("Analyse the code after a commit.")] = True
    rules: Annotated[Mapping[str, Rule], About("Rules of your own, by name.")] = MappingProxyType(
        {}
    )


class Hooks(Group):
    gate: Annotated[
        Gate, About("The severity from which on a git hook blocks. off: it never does.")
    ] = "off"
