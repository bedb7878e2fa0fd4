"""Who is told what and when: cases, and what holds for every course of events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.notifications.base import Event, Level, Notice
from understudy.notifications.routing import (
    NEVER,
    Delivery,
    Held,
    Policy,
    Routed,
    Rule,
    State,
    digest,
    due,
    hold,
    release,
    submit,
    tick,
)

DESK = Rule("desktop")
POLICY = Policy(burst=2, pause=10, same_within=300)


def made(name: str, level: Level = Level.INFO, event: Event = Event.CUSTOM) -> Notice:
    return Notice(name, event, level, name, "")


@pytest.mark.parametrize(
    ("rule", "level", "event", "takes"),
    [
        (Rule("a"), Level.INFO, Event.CUSTOM, True),
        (Rule("a", enabled=False), Level.CRITICAL, Event.CUSTOM, False),
        (Rule("a", minimum=Level.ERROR), Level.WARNING, Event.CUSTOM, False),
        (Rule("a", minimum=Level.ERROR), Level.ERROR, Event.CUSTOM, True),
        (Rule("a", events=frozenset({Event.TASK_FAILED})), Level.INFO, Event.TASK_FAILED, True),
        (Rule("a", events=frozenset({Event.TASK_FAILED})), Level.CRITICAL, Event.CUSTOM, False),
    ],
)
def test_what_a_channel_wants(rule: Rule, level: Level, event: Event, takes: bool) -> None:
    routed = submit({}, made("x", level, event), [rule], POLICY, 0)
    assert [delivery.channel for delivery in routed.deliveries] == ["a"] * takes


Step = tuple[str, float, float]
"""Notice (``!`` in front: critical; ``-``: a tick), when, when last typed."""


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([("a", 0, NEVER)], [["a"]]),
        # The same again is counted, until the window is over.
        ([("a", 0, NEVER), ("a", 299, NEVER), ("a", 300, NEVER)], [["a"], [], ["a"]]),
        # More than two a minute become one digest, when the first is a minute old.
        (
            [
                ("a", 0, NEVER),
                ("b", 1, NEVER),
                ("c", 2, NEVER),
                ("d", 3, NEVER),
                ("-", 59, NEVER),
                ("-", 60, NEVER),
            ],
            [["a"], ["b"], [], [], [], ["2 notices"]],
        ),
        # Typing: waits for the pause; one comes as it is, several as a digest.
        ([("a", 5, 4), ("-", 13, 4), ("-", 14, 4)], [[], [], ["a"]]),
        ([("a", 5, 4), ("b", 6, 6), ("-", 15, 6), ("-", 16, 6)], [[], [], [], ["2 notices"]]),
        ([("a", 5, 4), ("b", 14, 4)], [[], ["2 notices"]]),
        # The same while it waits is told how often, and waits once.
        (
            [("a", 5, 4), ("a", 6, 6), ("a", 1000, 999), ("-", 1009, 999)],
            [[], [], [], ["info: a (×3)"]],
        ),
        # What is critical waits for neither.
        ([("a", 5, 4), ("!b", 6, 6)], [[], ["!b"]]),
        ([("a", 0, NEVER), ("b", 1, NEVER), ("!c", 2, NEVER)], [["a"], ["b"], ["!c"]]),
    ],
)
def test_when_it_is_told(steps: list[Step], told: list[list[str]]) -> None:
    state: State = {}
    titles = []
    for name, now, typed_at in steps:
        if name == "-":
            routed = tick(state, POLICY, now, typed_at)
        else:
            level = Level.CRITICAL if name[0] == "!" else Level.INFO
            routed = submit(state, made(name, level), [DESK], POLICY, now, typed_at)
        state = routed.state
        titles.append([delivery.notice.title for delivery in routed.deliveries])
    assert titles == told


def test_a_log_is_told_at_once_and_channels_do_not_share_their_state() -> None:
    rules = [DESK, Rule("file", log=True), Rule("mail", minimum=Level.ERROR)]
    first = submit({}, made("a"), rules, POLICY, 1, 1)
    assert [delivery.id for delivery in first.deliveries] == ["a/file"]
    again = submit(first.state, made("a"), rules, POLICY, 2, 2)
    assert again.duplicates == ("desktop", "file")
    assert not again.deliveries
    last = release(again.state, 3)
    assert [(d.channel, d.notice.title) for d in last.deliveries] == [("desktop", "info: a (×2)")]


def test_without_quiet_nothing_waits_for_a_pause() -> None:
    policy = POLICY._replace(quiet_while_typing=False)
    assert submit({}, made("a"), [DESK], policy, 1, 1).deliveries


def test_due_says_when_to_look_again() -> None:
    state = submit({}, made("a"), [DESK], POLICY, 5, 4).state
    assert due(state, POLICY, 5, 4) == 14
    assert due(state, POLICY, 5, NEVER) == 5
    assert due(tick(state, POLICY, 14, 4).state, POLICY, 14, 4) is None


def test_a_digest_is_stable_and_tells_the_worst() -> None:
    held = tuple(
        Held(replace(made(f"n{i}", Level(i % 3), Event.TASK_FAILED), at=float(i)), 1 + i % 2)
        for i in range(12)
    )
    made_of = digest(held)
    assert made_of == digest(held)
    assert made_of.id != digest(held[:-1]).id
    assert (made_of.level, made_of.event, made_of.at) == (Level.ERROR, Event.TASK_FAILED, 11.0)
    assert made_of.message.splitlines()[1] == "warning: n1 (×2)"
    assert made_of.message.splitlines()[-1] == "and 2 more"
    assert Notice.from_json(made_of.to_json()) == made_of
    assert digest((*held, Held(made("x")))).event is Event.CUSTOM


actions = st.lists(
    st.tuples(
        st.sampled_from(["submit", "submit", "submit", "tick", "type"]),
        st.floats(0, 40),
        st.sampled_from("abcdef"),
        st.sampled_from(Level),
        st.sampled_from(Event),
    ),
    max_size=60,
)
RULES = [
    Rule("console"),
    Rule("mail", minimum=Level.ERROR),
    Rule("desktop", events=frozenset({Event.TASK_FAILED, Event.CUSTOM})),
    Rule("file", log=True),
    Rule("off", enabled=False),
]


Kept = dict[tuple[str, str], Delivery]


def keep(kept: Kept, routed: Routed) -> None:
    """As durable jobs do, by channel and id."""
    kept.update({(each.channel, each.notice.id): each for each in routed.held})
    for each in routed.deliveries:
        for part in each.parts:
            kept.pop((each.channel, part), None)
    waits = {(name, h.notice.id) for name, gate in routed.state.items() for h in gate.held}
    assert kept.keys() == waits, "what waits was told to be kept, and nothing else is"


def recalled(kept: Iterable[Delivery], now: float) -> State:
    """After a crash; that something is recalled twice makes no difference."""
    state: State = {}
    for delivery in [*kept] * 2:
        state = hold(state, delivery, now)
    return state


def parts(routed: Routed) -> set[tuple[str, tuple[str, ...]]]:
    return {(each.channel, each.parts) for each in routed.deliveries}


@settings(max_examples=300)
@given(actions, st.integers(1, 4), st.booleans())
def test_nothing_is_lost_and_nothing_critical_waits(
    course: list[Any], burst: int, quiet: bool
) -> None:
    policy = Policy(quiet, burst, pause=10, same_within=60)
    state: State = {}
    now, typed_at = 0.0, NEVER
    owed: Counter[tuple[str, str]] = Counter()
    told: Counter[tuple[str, str]] = Counter()
    spared: Counter[str] = Counter()
    kept: Kept = {}
    calm: dict[str, list[float]] = {rule.channel: [] for rule in RULES}

    def book(routed: Routed) -> State:
        spared.update(routed.duplicates)
        keep(kept, routed)
        for channel, told_one, _ in routed.deliveries:
            members = cast(list[Any], told_one.data.get("digest", [{"id": told_one.id}]))
            told.update((channel, member["id"]) for member in members)
            if told_one.level is not Level.CRITICAL and channel != "file":
                calm[channel].append(now)
        return routed.state

    for number, (what, later, title, level, event) in enumerate(course):
        now += later
        if what == "type":
            typed_at = now
        elif what == "tick":
            state = book(tick(state, policy, now, typed_at))
        else:
            notice = Notice(str(number), event, level, title, "")
            routed = submit(state, notice, RULES, policy, now, typed_at)
            takers = {rule.channel for rule in RULES if rule.takes(notice)}
            owed.update((channel, notice.id) for channel in takers - set(routed.duplicates))
            if level is Level.CRITICAL:
                at_once = {d.channel for d in routed.deliveries if d.notice == notice}
                assert at_once | set(routed.duplicates) == takers
            state = book(routed)
        again = due(state, policy, now, typed_at)
        assert again is None or again >= now
        if again is not None:
            assert tick(state, policy, again, typed_at).deliveries
    for times in calm.values():
        assert all(late - early >= 60 for early, late in zip(times, times[burst:], strict=False))
    assert sum(spared.values()) == sum(gate.duplicates for gate in state.values())
    assert parts(release(recalled(kept.values(), now), now)) == parts(release(state, now))
    state = book(release(state, now))
    assert told == owed
    assert not any(gate.held for gate in state.values())
