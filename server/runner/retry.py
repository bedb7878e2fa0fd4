"""Whether and when a failed job is tried again. Pure: chance is passed in."""

from __future__ import annotations

import re
from enum import StrEnum

from .calls import Outcome, Status


class Failure(StrEnum):
    """TRANSIENT: the same may succeed later. ENVIRONMENT: something has to be installed or allowed
    first. KILLED: somebody ended it. PERMANENT: it would fail again."""

    TRANSIENT = "transient"
    ENVIRONMENT = "environment"
    PERMANENT = "permanent"
    KILLED = "killed"


_TEMPORARY_EXIT = 75
"""``EX_TEMPFAIL`` of sysexits.h."""
_NOT_EXECUTABLE = (126, 127)
"""What a shell ends with when it cannot run a command, or does not find it."""
_FIRST_SIGNAL = 128
"""A shell ends with this and the number of the signal that ended its command."""

_PASSING = re.compile(
    r"connection (?:reset|refused|aborted|timed out)|temporary failure in name resolution"
    r"|could not resolve host|network is unreachable|(?:read|operation) timed out|\betimedout\b"
    r"|\beconnreset\b|\beai_again\b|\benotfound\b|resource temporarily unavailable|\beagain\b"
    r"|database is locked|too many open files|\b(?:429|502|503|504)\b[^\n]{0,40}"
    r"(?:too many requests|bad gateway|unavailable|time-?out)",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"command not found|no module named|cannot find module|permission denied"
    r"|no such file or directory|not installed",
    re.IGNORECASE,
)

_LONGEST_DELAY = 3_600.0
_JITTER = 0.25


def classify(outcome: Outcome, said: str = "") -> Failure:
    """What kind of failure it is; ``said`` is the end of what the command had to say."""
    code = outcome.exit_code
    if outcome.status is Status.TIMED_OUT:
        return Failure.TRANSIENT
    if outcome.status in (Status.MISSING, Status.REFUSED):
        return Failure.ENVIRONMENT
    if outcome.status is Status.KILLED or (code is not None and code > _FIRST_SIGNAL):
        return Failure.KILLED
    if code == _TEMPORARY_EXIT or _PASSING.search(said):
        return Failure.TRANSIENT
    if code in _NOT_EXECUTABLE or _MISSING.search(said):
        return Failure.ENVIRONMENT
    return Failure.PERMANENT


def delay(
    failure: Failure, attempt: int, retries: int, first: float, chance: float
) -> float | None:
    """Seconds until attempt ``attempt + 1``; None: there is none.

    ``attempt`` counts from 1, ``first`` is the delay before the second, which doubles from then on;
    ``chance`` (0 to 1) lengthens it by up to a quarter, so that many do not come back together.
    """
    if failure is not Failure.TRANSIENT or attempt > retries:
        return None
    backoff: float = min(first * 2.0 ** (attempt - 1), _LONGEST_DELAY)
    return backoff * (1 + _JITTER * chance)
