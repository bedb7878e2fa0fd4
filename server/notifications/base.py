"""What is told, and what a channel is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Protocol, TypeAlias, cast

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

ATTEMPT_SECONDS = 30.0


class Level(IntEnum):
    INFO = 0
    WARNING = 1
    ERROR = 2
    CRITICAL = 3

    @property
    def label(self) -> str:
        return self.name.lower()


class Event(StrEnum):
    TASK_COMPLETED = "taskCompleted"
    TASK_FAILED = "taskFailed"
    ISSUES_FOUND = "issuesFound"
    HIGH_RESOURCE_USE = "highResourceUse"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Notice:
    """``id`` is the same however often it is delivered; ``at`` is in seconds since the epoch.

    ``title`` is one line. Title and message are plain text and may quote what a workspace holds:
    a channel with a markup of its own escapes them.
    """

    id: str
    event: Event
    level: Level
    title: str
    message: str
    data: Mapping[str, Json] = field(default_factory=dict)
    at: float = 0.0

    def to_json(self) -> dict[str, Json]:
        return {
            "id": self.id,
            "event": self.event.value,
            "level": self.level.label,
            "title": self.title,
            "message": self.message,
            "data": self.data,
            "at": self.at,
        }

    @staticmethod
    def from_json(value: object) -> Notice:
        """What ``to_json`` gave. Raises ValueError."""
        match value:
            case {
                "id": str(identity),
                "event": str(event),
                "level": str(level),
                "title": str(title),
                "message": str(message),
                "data": {**data},
                "at": int() | float() as at,
            } if level in _LEVELS:
                facts = cast(Mapping[str, Json], data)
                kind = Event(event)
                return Notice(identity, kind, _LEVELS[level], title, message, facts, float(at))
        raise ValueError("This is no notice")


_LEVELS = {level.label: level for level in Level}


class Undelivered(Exception):
    """``why`` is for people and holds no secret; ``transient``: it may work when tried again."""

    def __init__(self, why: str, transient: bool) -> None:
        super().__init__(why)
        self.why = why
        self.transient = transient


class Channel(Protocol):
    @property
    def name(self) -> str:
        """By which the settings and the log know it."""

    async def deliver(self, notice: Notice) -> None:
        """One attempt. Raises Undelivered."""


async def attempt(channel: Channel, notice: Notice, seconds: float = ATTEMPT_SECONDS) -> None:
    """Deliver within ``seconds``. Raises Undelivered, whatever goes wrong in the channel."""
    try:
        async with asyncio.timeout(seconds):
            await channel.deliver(notice)
    except Undelivered:
        raise
    except TimeoutError as error:
        raise Undelivered(f"{channel.name} took longer than {seconds:g} s", True) from error
    except Exception as error:  # custom channels are other people's code
        why = f"{channel.name} has a fault ({type(error).__name__})"
        raise Undelivered(why, False) from error
