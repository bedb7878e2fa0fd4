"""Who may look and who may act: one-time secrets, sessions, codes that unlock. Pure but for what is
passed in."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

SECRET_SECONDS = 60.0
"""So long a link can be used, once."""
SESSION_SECONDS = 12 * 3_600.0
UNLOCKED_SECONDS = 15 * 60.0
CODE_SECONDS = 60.0
PAUSE_SECONDS = 10.0
"""Between two codes of a session: with so few tries each, none is found by guessing."""
_TRIES = 3
_MOST = 16
"""Of links and of sessions at a time; the oldest goes."""


@dataclass(slots=True)
class Session:
    """One browser. ``name`` is what its cookie holds, ``csrf`` what its forms do; ``said`` is shown
    to it once. Times are of the clock of ``Keys``."""

    name: str
    csrf: str
    until: float
    unlocked_until: float = 0.0
    code: str = ""
    code_until: float = 0.0
    next_code: float = 0.0
    tries: int = 0
    said: str = ""


class Keys:
    """``clock``: seconds that only grow; ``chance``: text of so many random bytes."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        self._clock = clock
        self._chance = chance
        self._links: dict[str, float] = {}
        self._sessions: dict[str, Session] = {}

    def secret(self) -> str:
        """For one link, which one browser can use once, soon."""
        secret = self._chance(32)
        self._links[secret] = self._clock() + SECRET_SECONDS
        _shorten(self._links)
        return secret

    def exchange(self, given: str) -> Session | None:
        """A session for a secret, which is dead then; None for one that is."""
        found = next((each for each in self._links if _same(each, given)), None)
        if found is None or self._links.pop(found) <= self._clock():
            return None
        session = Session(self._chance(32), self._chance(32), self._clock() + SESSION_SECONDS)
        self._sessions[session.name] = session
        _shorten(self._sessions)
        return session

    def session(self, given: str) -> Session | None:
        """The one whose cookie this is, if it still holds."""
        found = next((each for name, each in self._sessions.items() if _same(name, given)), None)
        return found if found is not None and found.until > self._clock() else None

    def leave(self, session: Session) -> None:
        self._sessions.pop(session.name, None)

    # ── acting ──────────────────────────────────────────────────────────────────────────────────

    def is_unlocked(self, session: Session) -> bool:
        return self.unlocked_seconds(session) > 0

    def unlocked_seconds(self, session: Session) -> float:
        """For so long it is, from now on; 0 where it is not."""
        return max(0.0, session.unlocked_until - self._clock())

    def code(self, session: Session) -> str:
        """To be told where the dashboard was started, and to be typed into the page of this
        session; empty so shortly after another one."""
        if self._clock() < session.next_code:
            return ""
        session.next_code = self._clock() + PAUSE_SECONDS
        digits = "".join(str(each % 10) for each in self._chance(48).encode()[:8])
        session.code, session.tries = f"{digits[:4]} {digits[4:]}", 0
        session.code_until = self._clock() + CODE_SECONDS
        return session.code

    def awaits_code(self, session: Session) -> bool:
        return bool(session.code) and session.code_until > self._clock()

    def unlock(self, session: Session, given: str) -> bool:
        """Whether that was the code; after a few that were not it is none any more."""
        if not self.awaits_code(session):
            return False
        session.tries += 1
        is_it = _same("".join(session.code.split()), "".join(given.split()))
        if is_it or session.tries >= _TRIES:
            session.code = ""
        if is_it:
            session.unlocked_until = self._clock() + UNLOCKED_SECONDS
        return is_it

    def lock(self, session: Session) -> None:
        session.unlocked_until, session.code = 0.0, ""


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode(errors="surrogateescape"))


def _shorten(kept: dict[str, float] | dict[str, Session]) -> None:
    while len(kept) > _MOST:
        del kept[next(iter(kept))]
