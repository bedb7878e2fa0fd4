"""Links, sessions and codes, by a clock that is passed in."""

from __future__ import annotations

import pytest

from understudy.dashboard.keys import (
    CODE_SECONDS,
    PAUSE_SECONDS,
    SECRET_SECONDS,
    SESSION_SECONDS,
    UNLOCKED_SECONDS,
    Keys,
)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(clock: Clock) -> Keys:
    return Keys(clock)


@pytest.mark.parametrize(("after", "holds"), [(SECRET_SECONDS - 1, True), (SECRET_SECONDS, False)])
def test_a_link_holds_for_a_minute(keys: Keys, clock: Clock, after: float, *, holds: bool) -> None:
    secret = keys.secret()
    clock.now = after
    assert (keys.exchange(secret) is not None) is holds
    assert keys.exchange(secret) is None


def test_a_session_ends(keys: Keys, clock: Clock) -> None:
    session = keys.exchange(keys.secret())
    assert session
    assert keys.session(session.name) is session
    assert keys.session("") is None
    clock.now += SESSION_SECONDS
    assert keys.session(session.name) is None


def test_links_and_sessions_are_bounded(keys: Keys) -> None:
    first = keys.secret()
    session = keys.exchange(keys.secret())
    assert session
    for _ in range(20):
        assert keys.exchange(keys.secret())
    assert keys.session(session.name) is None
    for _ in range(20):
        keys.secret()
    assert keys.exchange(first) is None


@pytest.mark.parametrize(("after", "holds"), [(CODE_SECONDS - 1, True), (CODE_SECONDS, False)])
def test_a_code_holds_for_a_minute(keys: Keys, clock: Clock, after: float, *, holds: bool) -> None:
    session = keys.exchange(keys.secret())
    assert session
    code = keys.code(session)
    clock.now += after
    assert keys.unlock(session, code.replace(" ", "")) is holds
    assert keys.is_unlocked(session) is holds


def test_it_is_locked_again(keys: Keys, clock: Clock) -> None:
    session = keys.exchange(keys.secret())
    assert session
    assert keys.unlock(session, keys.code(session))
    clock.now += UNLOCKED_SECONDS
    assert not keys.is_unlocked(session)
    assert keys.unlock(session, keys.code(session))
    keys.lock(session)
    assert not keys.is_unlocked(session)


def test_a_code_is_no_code_after_three_others_and_once(keys: Keys, clock: Clock) -> None:
    session = keys.exchange(keys.secret())
    assert session
    code = keys.code(session)
    assert [keys.unlock(session, each) for each in ("1", "2", "3", code)] == [False] * 4
    clock.now += PAUSE_SECONDS
    code = keys.code(session)
    assert keys.unlock(session, code)
    assert not keys.unlock(session, code)
    codes = set()
    for _ in range(100):
        clock.now += PAUSE_SECONDS
        codes.add(keys.code(session))
    assert len(codes) > 95


def test_codes_are_not_asked_for_as_fast_as_they_can_be_guessed(keys: Keys, clock: Clock) -> None:
    """Three of a hundred million every ten seconds: of a session's twelve hours, one in 7,000."""
    session = keys.exchange(keys.secret())
    assert session
    code = keys.code(session)
    clock.now += PAUSE_SECONDS - 1
    assert keys.code(session) == ""
    assert keys.unlock(session, code), "the one that was told still holds"
    clock.now += 1
    assert keys.code(session)
