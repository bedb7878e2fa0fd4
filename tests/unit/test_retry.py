"""Which failures are tried again, and when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.runner.calls import Outcome, Status
from understudy.runner.retry import Failure, classify, delay


@pytest.mark.parametrize(
    ("status", "code", "said", "failure"),
    [
        (Status.TIMED_OUT, None, "", Failure.TRANSIENT),
        (Status.MISSING, None, "", Failure.ENVIRONMENT),
        (Status.REFUSED, None, "", Failure.ENVIRONMENT),
        (Status.KILLED, -9, "", Failure.KILLED),
        (Status.FAILED, 137, "", Failure.KILLED),
        (Status.FAILED, 75, "", Failure.TRANSIENT),
        (Status.FAILED, 127, "sh: 1: nonsense: not found", Failure.ENVIRONMENT),
        (Status.FAILED, 126, "", Failure.ENVIRONMENT),
        (Status.FAILED, 1, "ModuleNotFoundError: No module named 'x'", Failure.ENVIRONMENT),
        (Status.FAILED, 1, "npm ERR! code ECONNRESET", Failure.TRANSIENT),
        (Status.FAILED, 1, "curl: (6) Could not resolve host: a.example", Failure.TRANSIENT),
        (Status.FAILED, 1, "HTTP error 503 Service Unavailable", Failure.TRANSIENT),
        (Status.FAILED, 1, "sqlite3.OperationalError: database is locked", Failure.TRANSIENT),
        (Status.FAILED, 1, "line 503: syntax error", Failure.PERMANENT),
        (Status.FAILED, 1, "assert 1 == 2", Failure.PERMANENT),
        (Status.FAILED, None, "", Failure.PERMANENT),
    ],
)
def test_classify(status: Status, code: int | None, said: str, failure: Failure) -> None:
    assert classify(Outcome(status, exit_code=code), said) is failure


@pytest.mark.parametrize(
    ("failure", "attempt", "expected"),
    [
        (Failure.TRANSIENT, 1, 10),
        (Failure.TRANSIENT, 2, 20),
        (Failure.TRANSIENT, 3, 40),
        (Failure.TRANSIENT, 4, None),
        (Failure.PERMANENT, 1, None),
        (Failure.ENVIRONMENT, 1, None),
        (Failure.KILLED, 1, None),
    ],
)
def test_delay(failure: Failure, attempt: int, expected: float | None) -> None:
    assert delay(failure, attempt, 3, 10.0, 0.0) == expected


@given(st.integers(1, 20), st.floats(0, 3_600), st.floats(0, 1))
def test_chance_lengthens_by_a_quarter_at_most(attempt: int, first: float, chance: float) -> None:
    least = delay(Failure.TRANSIENT, attempt, 20, first, 0.0)
    waited = delay(Failure.TRANSIENT, attempt, 20, first, chance)
    assert least is not None
    assert waited is not None
    assert least <= waited <= min(least * 1.25, 4_500) + 1e-6
