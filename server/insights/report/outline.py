"""What a report says, in its order, for every form of it. Pure.

All text that a workspace has a part in is here without secrets and without what would steer a
terminal; forms escape what means something to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from ...findings.redact_text import redacted
from ...journal.change import printable
from ...sizes import size
from ..efficiency.costs import Spent
from ..efficiency.efficiency import Efficiency
from ..efficiency.intervals import Bounds
from ..efficiency.measure import Measure, Unit, Whose
from ..efficiency.rates import Rate
from ..efficiency.survival import Survival
from . import words

_MOST_ROWS = 25
"""Of a table; the rest is told of in a last row."""
_DAYS_SHOWN = 62
"""Of a longer period, weeks are shown."""
_LONGEST = 80
"""Characters of a name."""


class Table(NamedTuple):
    """``head`` has the columns, of which the first names the row; ``rows`` have as many."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Bars(NamedTuple):
    """By day or by week: what it is at least, and at most."""

    title: str
    unit: Unit
    days: tuple[date, ...]
    values: tuple[Bounds, ...]
    weekly: bool


class Ranges(NamedTuple):
    """Rates with their intervals, from 0 to 1."""

    title: str
    rows: tuple[tuple[str, float, Bounds], ...]


class Steps(NamedTuple):
    """The share of findings that are still there, by seconds."""

    title: str
    survival: Survival


Plot = Bars | Ranges | Steps


class Fact(NamedTuple):
    """A figure that is seen first; ``note`` tells what it means."""

    label: str
    value: str
    note: str


class Section(NamedTuple):
    """``lead``: sentences. ``notes``: how the figures came about, by what they are called."""

    id: str
    title: str
    lead: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    plots: tuple[Plot, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Outline:
    title: str
    about: str
    sections: tuple[Section, ...]


def name(text: str) -> str:
    """One line of what somebody else has named."""
    return redacted(printable(text[: 2 * _LONGEST]), _LONGEST)


def _sentence(text: str) -> str:
    return f"{redacted(printable(text))}."


def outline(
    found: Efficiency, workspace: str, made: datetime, troubles: Iterable[str] = ()
) -> Outline:
    """``workspace``: its name; ``made``: when the report is; ``troubles``: what could not be
    read."""
    first, last = found.period.first, found.period.last
    span = words.day(first) if first == last else f"{words.day(first)} – {words.day(last)}"
    days = words.times(len(found.period.days), "day")
    about = f"{span} ({days}). Made on {words.day(made.date())} at {made:%H:%M}, on this machine."
    title = f"Understudy in {name(workspace)}"
    missing = tuple(map(_sentence, troubles))
    first_section = (Section("missing", "What is missing", missing),) if missing else ()
    if found.is_empty:
        lead = "Nothing was measured in this time, so there is no figure to tell."
        nothing = Section("nothing", "Nothing measured", (lead, *_clock(found)))
        return Outline(title, about, (*first_section, nothing))
    sections = (_saved(found), _findings(found), _rates(found), _notices(found), _costs(found))
    return Outline(title, about, (*first_section, *sections))


_SAVED = (
    "Each line is time of another kind, so they are not added up. Where a figure is an estimate, it"
    " is told as “at least – at most”."
)
_SUCCESS = (
    "The interval is Wilson's, with 95 %: of few runs a rate says little. What a person cancelled,"
    " or was not let run, is not counted."
)
_KAPLAN_MEIER = (
    "by Kaplan and Meier: what is still there counts as long as it was seen, and no longer; the"
    " mean is of what is within the longest time that was seen"
)
_WHOSE: Mapping[Whose | None, str] = {
    Whose.PERSON: "your time",
    Whose.WAIT: "waiting, on the clock",
    Whose.MACHINE: "machine time",
    None: "",
}


def _saved(found: Efficiency) -> Section:
    told = [each for each in found.saved if each.total is not None]
    lead = _SAVED if told else "Nothing was saved, as far as it can be measured."
    facts = [Fact(e.title, words.total(e), _WHOSE[e.whose]) for e in told]
    return Section(
        "saved",
        "Time saved",
        (lead, *_clock(found)),
        tuple(facts),
        tuple(_bars(each) for each in told if each.total and each.total.high),
        (_measures(found.saved), *_weekly(told)),
        _notes(found.saved),
    )


def _clock(found: Efficiency) -> Iterator[str]:
    """What is left out, since the clock was set back."""
    if found.backwards:
        count = words.times(found.backwards, "execution")
        yield f"{count} ended before its start, as the clock was set back: left out."
    if found.to_come:
        what = words.times(found.to_come, "entry is", "entries are")
        yield f"{what} of days that are yet to come, as the clock was set back: left out."


def _measures(measures: Iterable[Measure]) -> Table:
    rows = (
        (
            each.title,
            words.total(each),
            words.a_day(each),
            words.trend(each.trend, each.unit),
        )
        for each in measures
    )
    return Table(("", "In all", "Mean of a day (95 %)", "Trend"), tuple(rows))


def _notes(measures: Iterable[Measure]) -> tuple[tuple[str, str], ...]:
    """How each came about, or why there is no figure."""
    return tuple((each.title, f"{each.note}{_unknown(each)}") for each in measures)


def _unknown(measure: Measure) -> str:
    if not measure.unknown:
        return ""
    return f"; what {measure.unknown:,} more saved is not known, and counts as nothing"


def _bars(measure: Measure) -> Bars:
    weekly = len(measure.days) > _DAYS_SHOWN
    shown = measure.weeks if weekly else measure.days
    return Bars(measure.title, measure.unit, tuple(shown), tuple(shown.values()), weekly)


def _weekly(measures: Sequence[Measure]) -> tuple[Table, ...]:
    weeks = sorted({week for each in measures for week in each.weeks})
    if len(weeks) < 2:
        return ()
    head = ("Week of", *(each.title for each in measures))
    rows = (
        (words.day(week), *(words.bounds(each.weeks.get(week), each.unit) for each in measures))
        for week in weeks
    )
    return (Table(head, tuple(rows)),)


def _findings(found: Efficiency) -> Section:
    seen = found.findings
    both = (seen.introduced, seen.fixed)
    title = "Findings"
    if not seen.severities:
        none = "Nothing was written down of findings: no file was looked at since this is done."
        return Section("findings", title, (none,))
    told = [each for each in both if each.total is not None]
    lead = [f"{each.title}: {each.note}." for each in both if each.total is None]
    if seen.hidden:
        count = words.times(seen.hidden, "problem")
        lead.append(f"{count} went from sight by a comment or a setting, which fixes none.")
    facts = [Fact(each.title, words.total(each), "in the files on disk") for each in told]
    plots: list[Plot] = [_bars(each) for each in told]
    notes = [*_notes(told)]
    if seen.stays is not None:
        facts.append(Fact("Half are fixed within", words.median(seen.stays), "of those introduced"))
        plots.append(Steps("Still there after being introduced", seen.stays))
        notes.append(("Time until fixed", _KAPLAN_MEIER))
        lead.append(f"On the mean, {words.mean(seen.stays)}.")
    elif seen.introduced.total is not None:
        lead.append("None that was introduced in this time was fixed: how long it takes is open.")
    rows = (
        (
            each.severity.label,
            f"{each.introduced:,}",
            f"{each.fixed:,}",
            f"{each.open:,}",
            words.median(each.stays),
        )
        for each in seen.severities
    )
    head = ("Severity", "Introduced", "Fixed", "There now", "Half are fixed within (95 %)")
    tables = (Table(head, tuple(rows)), *((_measures(told),) if told else ()), *_weekly(told))
    return Section("findings", title, tuple(lead), tuple(facts), tuple(plots), tables, tuple(notes))


def _rates(found: Efficiency) -> Section:
    lead = [_SUCCESS]
    plots, tables = [], []
    for title, rates in (("Tasks", found.rates), ("Automations", found.automated)):
        if not rates:
            lead.append(f"{title}: none ran.")
            continue
        shown = rates[:_MOST_ROWS]
        plots.append(Ranges(title, tuple((name(e.name), e.value, e.bounds) for e in shown)))
        tables.append(_rate_table(title, rates))
    return Section("success", "Success", tuple(lead), (), tuple(plots), tuple(tables))


def _rate_table(title: str, rates: Sequence[Rate]) -> Table:
    rows = [
        (name(e.name), f"{e.successes:,} of {e.runs:,}", words.percent(e.value), words.rate(e))
        for e in rates[:_MOST_ROWS]
    ]
    return Table((title, "Succeeded", "Rate", "95 %"), _with_rest(rows, len(rates)))


def _notices(found: Efficiency) -> Section:
    told = [each for each in found.notices if each.total is not None]
    lead = () if told else ("Nothing was told, so nothing was held back.",)
    spared = found.notices[0]
    facts = (Fact(spared.title, words.total(spared), "interruptions"),) if spared.total else ()
    tables = (_measures(told), *_weekly(told)) if told else ()
    plots = (_bars(spared),) if spared.total else ()
    return Section("notices", "Interruptions", lead, facts, plots, tables, _notes(told))


def _costs(found: Efficiency) -> Section:
    lead = ["What Understudy itself took stands beside what it saved."]
    facts = []
    every = (*found.tools, *found.tasks)
    if every:
        cpu = sum(each.cpu for each in every)
        most = max(every, key=lambda each: each.memory)
        facts = [
            Fact("Processor time", words.duration(cpu), "of all tools and tasks"),
            Fact("Most memory", size(most.memory), f"by {name(most.name)}"),
        ]
    else:
        lead.append("No tool and no task ran in this time.")
    ahead = sum(each.ahead for each in found.tools)
    if ahead:
        took = words.duration(ahead)
        lead.append(f"Of that, tools looked ahead, at what nobody had asked for yet, for {took}.")
    if not all(each.is_measured for each in found.tasks):
        lead.append("What a task has its tools do stands beside the tools.")
    tables = (
        *_spent("Tool", "Files", found.tools),
        *_spent("Task", "Runs", found.tasks),
        *_spent("Automation", "Runs", found.automations, columns=3),
    )
    return Section("costs", "What it took", tuple(lead), tuple(facts), (), tables)


def _spent(what: str, times: str, spent: Sequence[Spent], columns: int = 5) -> tuple[Table, ...]:
    """``columns``: of automations only the first are measured."""
    if not spent:
        return ()
    head = (what, times, "On the clock", "Processor", "Most memory")[:columns]
    rows = [
        (
            name(each.name),
            f"{each.times:,}",
            words.duration(each.seconds),
            words.duration(each.cpu) if each.is_measured else words.NONE,
            size(each.memory) if each.is_measured else words.NONE,
        )[:columns]
        for each in spent[:_MOST_ROWS]
    ]
    return (Table(head, _with_rest(rows, len(spent))),)


def _with_rest(rows: Sequence[tuple[str, ...]], count: int) -> tuple[tuple[str, ...], ...]:
    if count > len(rows):
        rest = (f"and {count - len(rows):,} more", *[""] * (len(rows[0]) - 1))
        rows = [*rows, rest]
    return tuple(rows)
