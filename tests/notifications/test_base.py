"""Notices as durable jobs carry them; what an attempt makes of a channel's faults; templates."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.notifications.base import Event, Json, Level, Notice, Undelivered, attempt
from understudy.notifications.templates import DEFAULTS, Words, compose, printable

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
notices = st.builds(
    Notice,
    texts,
    st.sampled_from(Event),
    st.sampled_from(Level),
    texts,
    texts,
    st.dictionaries(texts, values, max_size=3),
    st.floats(0, 1e11),
)


@given(notices)
def test_a_notice_survives_json(notice: Notice) -> None:
    assert Notice.from_json(json.loads(json.dumps(notice.to_json()))) == notice


@pytest.mark.parametrize(
    "change",
    [{"level": "loud"}, {"event": "birthday"}, {"id": 7}, {"at": "noon"}, {"data": []}],
    ids=str,
)
def test_what_is_no_notice_is_refused(notice: Notice, change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"notice|birthday"):
        Notice.from_json({**notice.to_json(), **change})


class Faulty:
    name = "faulty"

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    async def deliver(self, notice: Notice) -> None:
        if self.error:
            raise self.error
        await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("error", "why", "transient"),
    [
        (None, "faulty took longer than 0.01 s", True),
        (TimeoutError(), "faulty took longer than 0.01 s", True),
        (Undelivered("busy", transient=True), "busy", True),
        (Undelivered("never", transient=False), "never", False),
        (KeyError("token=s3cret"), "faulty has a fault (KeyError)", False),
    ],
)
async def test_an_attempt_ends_in_one_way_only(
    notice: Notice, error: Exception | None, why: str, transient: bool
) -> None:
    with pytest.raises(Undelivered) as caught:
        await attempt(Faulty(error), notice, 0.01)
    assert (caught.value.why, caught.value.transient) == (why, transient)


async def test_a_cancelled_attempt_is_cancelled(notice: Notice) -> None:
    task = asyncio.ensure_future(attempt(Faulty(None), notice))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


FACTS: dict[Event, tuple[dict[str, Json], str]] = {
    Event.TASK_COMPLETED: (
        {"task": "tests", "seconds": 3.14159, "summary": "40 passed"},
        "tests completed",
    ),
    Event.TASK_FAILED: ({"task": "tests", "seconds": 2, "why": "exit code 1"}, "tests failed"),
    Event.ISSUES_FOUND: (
        {"task": "audit", "issues": "3 issues", "summary": "a, b"},
        "3 issues found",
    ),
    Event.HIGH_RESOURCE_USE: (
        {"resource": "memory", "percent": 93, "why": "npm"},
        "memory runs short",
    ),
    Event.CUSTOM: ({"title": "Hello", "message": "World"}, "Hello"),
}


@pytest.mark.parametrize("event", Event)
def test_every_event_has_words(event: Event) -> None:
    facts, title = FACTS[event]
    made = compose("1", event, Level.INFO, facts, 5.0)
    assert made.title == title
    assert (made.id, made.event, made.data, made.at) == ("1", event, facts, 5.0)
    assert "no field" not in made.message
    assert "$" not in made.message
    assert set(DEFAULTS) == set(Event)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("$task: ${count}×, $level", "lint: 3×, warning"),
        ("$tsk", "[no field 'tsk']"),
        ("costs $$5 and 100 $ and ${", "costs $5 and 100 $ and ${"),
        ("{task.__class__} ${task.__class__}", "{task.__class__} ${task.__class__}"),
        ("${task!r} %(task)s", "${task!r} %(task)s"),
        ("$quoted", "$task"),
        ("$names, $none, $flag, $ratio", "a, b, , yes, 0.3333"),
    ],
)
def test_templates_look_up_names_and_do_nothing_else(template: str, said: str) -> None:
    facts: dict[str, Json] = {
        "task": "lint",
        "count": 3,
        "quoted": "$task",
        "names": ["a", "b"],
        "none": None,
        "flag": True,
        "ratio": 1 / 3,
    }
    own = {Event.CUSTOM: Words("a\r\nBcc: x", template)}
    made = compose("1", Event.CUSTOM, Level.WARNING, facts, 0.0, own)
    assert made.message == said
    assert made.title == "a Bcc: x"


def test_a_terminal_is_given_no_orders() -> None:
    assert printable("a\x1b[2Jb\x07\x9b\r\n\té") == "a�[2Jb��\n\té".replace("��", "��\ufffd")
