"""A notice to send, whatever the channel."""

from __future__ import annotations

import pytest

from understudy.notifications.base import Event, Level, Notice


@pytest.fixture
def notice() -> Notice:
    return Notice(
        id="job-7/failed",
        event=Event.TASK_FAILED,
        level=Level.ERROR,
        title="tests failed – 3 of 40",
        message="test_a <failed> & é 🚦\nsecond line",
        data={"failed": 3, "names": ["test_a"]},
        at=1_767_323_045.0,
    )
