"""What the page shows of a workspace, section by section: a further one is a view, a template and a
line of ``SECTIONS``."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from ..app.overview.listing import AGES, SEVERITIES, Query, page_of
from ..app.overview.parts import Part, history, printed
from ..app.overview.watched import Watched

Asked = Mapping[str, str]
"""The query of the address, which anybody may have written."""
View = Callable[[Watched, Asked], Awaitable[Mapping[str, Any]]]

_LONGEST = 200
_MOST_PAGES = 100_000


class Section(NamedTuple):
    """``view`` gives what the template ``NAME.jinja`` shows; the section is stale when one of the
    ``parts`` has changed. ``place``: of ``PLACES``; the first is as wide as the page, the others
    share it where there is room."""

    name: str
    title: str
    view: View
    parts: frozenset[Part]
    place: str


async def _tasks(watched: Watched, asked: Asked) -> Mapping[str, Any]:
    known, page = watched.parts.get(Part.TASKS), _page(asked)
    ended = known.ended if known is not None else None
    if page > 1:
        ended = await history(watched.service, page)
    return {"tasks": known, "ended": ended}


async def _findings(watched: Watched, asked: Asked) -> Mapping[str, Any]:
    query = Query(
        _one_of(asked.get("severity", ""), SEVERITIES),
        asked.get("owner", "")[:_LONGEST],
        _one_of(asked.get("age", ""), [name for _, name in AGES]),
        asked.get("text", "")[:_LONGEST],
        asked.get("known", "") == "on",
        _page(asked),
    )
    found = watched.findings
    return {"query_": query, "found": found, "page": page_of(found.cohorts, query, time.time())}


async def _logs(watched: Watched, asked: Asked) -> Mapping[str, Any]:
    tasks = watched.parts.get(Part.TASKS)
    known = (*tasks.under_way, *tasks.ended.jobs) if tasks else ()
    jobs = sorted(known, key=lambda each: -each["id"])
    job = asked.get("job", "")
    wanted = int(job) if job.isascii() and job.isdigit() and len(job) < 18 else None
    if wanted is None:
        wanted = next((each["id"] for each in jobs if each["state"] != "queued"), None)
    return {
        "log": await printed(watched.service, wanted) if wanted is not None else None,
        "jobs": jobs,
        "wanted": wanted,
        "asked_for": bool(job),
    }


async def _trail(watched: Watched, _: Asked) -> Mapping[str, Any]:
    return {"trail": watched.parts.get(Part.TRAIL, ())}


async def _settings(watched: Watched, _: Asked) -> Mapping[str, Any]:
    every = watched.parts.get(Part.SETTINGS, ())
    return {"settings": every, "changed": [each for each in every if each.origin]}


def _of(part: Part, name: str) -> View:
    """A part that is shown as it is."""

    async def view(watched: Watched, _: Asked) -> Mapping[str, Any]:
        return {name: watched.parts.get(part)}

    return view


_health, _automations = _of(Part.HEALTH, "health"), _of(Part.AUTOMATIONS, "learning")
_resources, _advice = _of(Part.RESOURCES, "machine"), _of(Part.RECOMMENDATIONS, "advice")
_saved, _spent = _of(Part.EFFICIENCY, "saved"), _of(Part.TIME, "spent")


SECTIONS = tuple(
    Section(name, title, view, frozenset(parts), place)
    for name, title, view, parts, place in (
        ("health", "Health", _health, {Part.HEALTH}, "top"),
        ("findings", "Findings", _findings, {Part.FINDINGS}, "main"),
        ("tasks", "Tasks", _tasks, {Part.TASKS}, "main"),
        ("logs", "Logs", _logs, {Part.TASKS}, "main"),
        ("efficiency", "Efficiency", _saved, {Part.EFFICIENCY}, "main"),
        ("time", "Where time goes", _spent, {Part.TIME}, "main"),
        ("resources", "Resources", _resources, {Part.RESOURCES}, "side"),
        ("recommendations", "Recommendations", _advice, {Part.RECOMMENDATIONS}, "side"),
        ("automations", "Automations", _automations, {Part.AUTOMATIONS}, "side"),
        ("trail", "Audit trail", _trail, {Part.TRAIL}, "side"),
        ("settings", "Settings in force", _settings, {Part.SETTINGS}, "side"),
    )
)
"""In the order in which they are shown."""

PLACES = ("top", "main", "side")
"""In the order in which they follow each other on a small screen."""

SUMMARY = "summary"
"""The line about each workspace, which changes with these."""
SUMMARY_PARTS = frozenset({Part.HEALTH, Part.FINDINGS})


def stale(part: Part) -> list[str]:
    """The names of what shows a part."""
    named = [each.name for each in SECTIONS if part in each.parts]
    return [*named, SUMMARY] if part in SUMMARY_PARTS else named


def _one_of(given: str, words: Any) -> str:
    return given if given in words else ""


def _page(asked: Asked) -> int:
    text = asked.get("page", "1")
    is_number = text.isascii() and text.isdigit() and len(text) < 7
    return min(max(1, int(text)), _MOST_PAGES) if is_number else 1
