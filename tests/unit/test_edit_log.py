"""Who looks at a text is told of every edit after it, until the look has ended."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from understudy.app.open.edit_log import EditLog
from understudy.model import Edit, Position, Range

STEPS = st.lists(st.sampled_from(("begin", "go on", "end", "edit")))


def edit(number: int) -> Edit:
    return Edit(Range(Position(0, 0), Position(0, 0)), str(number))


@given(STEPS)
def test_each_look_has_what_came_after_it(steps: list[str]) -> None:
    """As if all edits were remembered for ever, and each look knew when it began and ended."""
    log, every = EditLog(), list[Edit]()
    looks: list[tuple[list[Edit], int, int | None]] = []
    for number, step in enumerate(steps):
        under_way = [place for place, (_, _, end) in enumerate(looks) if end is None]
        match step:
            case "begin":
                looks.append((log.begin(), len(every), None))
            case "edit":
                log.edited(iter((edit(number), edit(-number))))
                every += (edit(number), edit(-number))
            case "go on" if under_way:
                since, begin, _ = looks[under_way[-1]]
                looks.append((log.begin(since), begin, None))
            case "end" if under_way:
                since, begin, _ = looks[under_way[0]]
                log.end(since)
                looks[under_way[0]] = since, begin, len(every)
    assert [since for since, _, _ in looks] == [every[begin:end] for _, begin, end in looks]
