"""What repeats and what is made of it, for a terminal: lines for people, and JSON. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from ...automations.metadata import Asked, Metadata, read
from ...automations.pattern import Parameter, Pattern, Type, words_of
from ...automations.record import Record, record
from ...settings.learning import Automations as Settings
from ...store.automations import Automation, Execution
from ...store.standing import Tally, together
from .evidence import evidence, moment, summary, varying, why_listed
from .offers import WAITS, seen, waits
from .pages import record_line


def pattern_lines(pattern: Pattern, settings: Settings) -> list[str]:
    """With its evidence."""
    told = [summary(pattern), *evidence(pattern, settings)]
    return [pattern.title, *(f"  {each}" for each in told)]


def pattern_payload(pattern: Pattern, settings: Settings) -> Mapping[str, Any]:
    return {
        "id": pattern.id,
        "title": pattern.title,
        "shape": pattern.shape,
        "steps": [words_of(each) for each in pattern.steps],
        "pauses": list(pattern.pauses),
        "parameters": [each._asdict() for each in pattern.parameters],
        "count": pattern.count,
        "aWeek": pattern.a_week,
        "score": pattern.score,
        "saves": [*pattern.each],
        "fits": pattern.when,
        "occurrences": [each._asdict() for each in pattern.occurrences],
        "whyListed": why_listed(pattern, settings),
    }


def automation_line(automation: Automation, record: Record) -> str:
    """State, name, how often it was seen, what it saves, its record."""
    told = [seen(automation)] if automation.seen else []
    told += [record_line(record)] if record.runs else []
    told += ["on save"] if automation.on_save else []
    told += [standing(automation)] if automation.why or automation.is_untried else []
    told += [WAITS] if waits(automation) else []
    return f"{automation.state:<9}  {automation.name}  {'; '.join(told)}".rstrip()


def standing(automation: Automation) -> str:
    """Why it stands as it does, or what came of its trial; without an end."""
    told = "" if automation.is_disabled else automation.told
    if automation.is_untried and not automation.why:
        return f"not tried {told.removeprefix('not ') or 'yet'}"
    return automation.why or told


def example(automation: Automation, metadata: Metadata | None) -> str:
    """The name and what has to be given with it, as they are typed: ``NAME file=src/FILE.py``."""
    asked = metadata.parameters if metadata else ()
    lacking = [each for each in asked if each.default is None]
    given = [f"{each.name}={_fitting(automation, each)}" for each in lacking]
    return shlex.join([automation.name, *given])


def _fitting(automation: Automation, asked: Asked) -> str:
    if asked.name == automation.takes and automation.when:
        return automation.when.lstrip("/").replace("**/", "").replace("*", "FILE")
    return asked.choices[0] if asked.choices else asked.type.upper()


def automation_lines(
    automation: Automation, record: Record, metadata: Metadata | None
) -> Iterable[str]:
    """All that is known of one. ``metadata`` None: its script tells none."""
    yield automation_line(automation, record)
    yield f"  {automation.title}"
    if automation.when:
        yield f"  fits: {automation.when}"
    for asked in metadata.parameters if metadata else ():
        kind = Type(asked.type)
        yield f"  takes: {varying(Parameter(asked.name, kind, asked.default, asked.choices))}"
    for name, may in metadata.permissions if metadata else ():
        yield f"  {_PERMITS[name]}: {', '.join(may) or 'nothing'}"
    if automation.told:
        yield f"  its trial: {automation.told}"


def metadata_of(source: str) -> Metadata | None:
    """None where a script tells none that can be read."""
    try:
        return read(source)
    except ValueError:
        return None


_PERMITS = {
    "read": "may read",
    "write": "may write",
    "network": "may reach",
    "run": "may start",
}
"""The sandbox holds it to that."""


def execution_line(execution: Execution) -> str:
    how = "undone" if execution.undone else "applied" if execution.applied else "not applied"
    count = f"{execution.changes} change{'s' * (execution.changes != 1)}"
    return (
        f"  {moment(execution.at)}  {execution.purpose}: {execution.status}, {count}, {how}, "
        f"{execution.seconds:.1f} s  {execution.parameters}"
    )


def automation_payload(automation: Automation, record: Record) -> dict[str, Any]:
    return {
        "name": automation.name,
        "state": automation.state,
        "title": automation.title,
        "template": automation.template,
        "created": automation.created,
        "fits": automation.when,
        "score": automation.score,
        "seen": automation.seen,
        "saves": [automation.low, automation.high],
        "aWeek": automation.a_week,
        "onSave": automation.on_save,
        "why": automation.why,
        "tried": automation.told,
        "record": record_payload(record),
    }


def record_payload(record: Record) -> dict[str, Any]:
    return {
        "runs": record.runs,
        "successes": record.successes,
        "rate": record.rate,
        "interval": [record.low, record.high],
        "saved": [*record.saved],
    }


def execution_payload(execution: Execution) -> dict[str, Any]:
    return asdict(execution)


class Row(NamedTuple):
    """The automations of one template or in one state, and what their runs come to together."""

    name: str
    automations: int
    record: Record

    @property
    def line(self) -> str:
        told = record_line(self.record) if self.record.runs else "no runs"
        return f"  {self.name:<20} {self.automations:>4}  {told}"

    @property
    def payload(self) -> dict[str, Any]:
        return {"automations": self.automations, **record_payload(self.record)}


def rows(
    automations: Sequence[Automation],
    tally_of: Callable[[Automation], Tally],
    key: Callable[[Automation], str],
) -> list[Row]:
    """By what ``key`` says of each."""
    found: dict[str, list[Tally]] = {}
    for each in automations:
        found.setdefault(key(each) or "by hand", []).append(tally_of(each))
    return [
        Row(name, len(tallies), record(together(tallies)))
        for name, tallies in sorted(found.items())
    ]
