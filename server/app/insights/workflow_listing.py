"""Workflows and recommendations, as lines for people, as Markdown and as JSON. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...findings.redact_text import redacted
from ...insights.recommend.life import Stand, Standing
from ...insights.recommend.make import rank
from ...insights.recommend.model import Recommendation, change, span
from ...insights.workflows.analysis import Analysis
from ...insights.workflows.lived.bottlenecks import Bottleneck
from ...insights.workflows.lived.effects import is_of_command
from ...insights.workflows.lived.observe import Lived, Observation
from ...insights.workflows.lived.weekly import Weekly
from ...insights.workflows.rules import RULES
from ...journal.change import printable
from ...store.recommendations import Row
from ..commands import ACCEPT_RECOMMENDATION
from ..presentation.markdown import line
from .recommending import Outlook

_MOST_SHOWN = 12
"""Jobs of a critical path that are named."""


def workflow_lines(outlook: Outlook) -> Iterator[str]:
    """Each with its score, its critical path, and what could be better."""
    for each in outlook.analyses:
        yield from map(printable, _workflow(each))
        yield ""
    if not outlook.analyses:
        yield "There is no workflow definition here that is known: .github/workflows, Makefile,"
        yield "package.json, .pre-commit-config.yaml, tox, noxfile.py, or tasks of your own."
        yield ""
    yield "As it is lived:"
    yield from (f"  {printable(told)}" for told in lived_lines(outlook.lived))


def _workflow(each: Analysis) -> Iterator[str]:
    yield _head(each)
    if each.score is not None:
        for part, points in each.score.parts.items():
            why = f"  {'; '.join(points.why)}" if points.why else ""
            yield f"  {part:<12} {points.value:>3.0f}{why}"
        yield f"  {path_line(each)}"
    yield from (f"  {told}" for told in _matters(each))


def _head(each: Analysis) -> str:
    own = each.workflow
    name = "" if own.name == own.path else f" “{own.name}”"
    points = "not read" if each.score is None else f"{each.score.value:.0f} of 100"
    return f"{own.path}{name} ({own.kind}): {points}"


def _matters(each: Analysis) -> Iterator[str]:
    """What is wrong, and what could be better."""
    yield from (f"{problem.place}: {problem.text}" for problem in each.workflow.problems)
    yield from (f"{issue.place}: {issue.text}" for issue in each.issues)


def path_line(each: Analysis) -> str:
    """How many jobs, and the critical path."""
    count = len(each.workflow.jobs)
    jobs = f"{count} job{'s' * (count != 1)}"
    names = each.path.names
    if not names:
        return f"{jobs}; no critical path"
    shown = " → ".join(names if len(names) <= _MOST_SHOWN else (*names[:_MOST_SHOWN], "…"))
    cost, total = _amount(each.path.cost, each.unit), _amount(each.path.total, each.unit)
    told = f"{jobs}; the critical path is {cost}: {shown}"
    if each.path.total > each.path.cost:
        told += f"; one after another it is {total}, and {each.path.wide} could run at once"
    if each.unit == "steps":
        told += " (how long a step takes is not known)"
    return told


def _amount(value: float, unit: str) -> str:
    if unit == "seconds":
        return span(value, value)
    return f"{value:.0f} step{'s' * (value != 1)}"


def lived_lines(lived: Lived) -> Iterator[str]:
    for each in lived.observations:
        yield _observation(each)
        yield from (f"  {told}" for told in each.evidence)
    if not lived.observations:
        yield "nothing stands out"
    for one in lived.bottlenecks:
        yield bottleneck(one)
    if lived.thin:
        yield f"little can be told yet: {lived.thin}"


def bottleneck(each: Bottleneck) -> str:
    """Where time goes."""
    where = f" in {each.folder}" if each.folder else ""
    runs = f"{each.runs} runs of {span(each.seconds, each.seconds)}, the median"
    weekly = each.weekly
    told = (
        f"{span(weekly.low, weekly.high)} a week" if weekly else "its cost in a week is not known"
    )
    return f"time goes to `{each.what}`{where}: {told} ({runs})"


def _observation(each: Observation) -> str:
    return f"{each.text}{cost(each.weekly)}"


def cost(weekly: Weekly | None) -> str:
    return f" It costs {span(weekly.low, weekly.high)} a week." if weekly else ""


# ── recommendations ─────────────────────────────────────────────────────────────────────────────


def recommendation_lines(stand: Stand) -> Iterator[str]:
    """The open ones, the best first."""
    for each in stand.open:
        own = each.recommendation
        state = f" [{each.state}]" if each.state != "proposed" else ""
        yield printable(f"{own.id}  {_where(own)}{own.what}{state}")
        yield f"          {worth(own, short=True)}"


def dismissed_lines(stand: Stand) -> Iterator[str]:
    for each in stand.dismissed:
        own = each.recommendation
        yield printable(f"{own.id}  dismissed: {_where(own)}{own.what}")


def _where(own: Recommendation) -> str:
    return f"{own.place}: " if own.place.path else ""


def worth(own: Recommendation, *, short: bool = False) -> str:
    """Gain, effort, and whose it is; ``short``: without why a gain is not known."""
    told = price(own) if short else f"{gain(own)}; {_effort(own)}"
    return f"{told}; can be done for you" if own.is_easy else told


def price(own: Recommendation) -> str:
    """Gain and effort, without why a gain is not known."""
    return f"{gain(own) if own.gain else 'gain not known'}; {_effort(own)}"


def _effort(own: Recommendation) -> str:
    return f"effort about {own.minutes} min"


def gain(own: Recommendation) -> str:
    if own.gain is None:
        return f"gain not known: {own.unknown}"
    basis = f", {own.basis}" if own.basis else ""
    return f"gain {span(*own.gain)} a week{basis}"


def standing_lines(each: Standing, ratios: Mapping[str, float]) -> Iterator[str]:
    """All that is known of one."""
    own = each.recommendation
    yield printable(f"{own.id}  {own.title} ({each.state})")
    yield printable(f"  what:   {_where(own)}{own.what}")
    yield from (printable(f"  why:    {told}") for told in own.why)
    yield f"  gain:   {gain(own).removeprefix('gain ')}"
    if (ratio := ratios.get(own.rule)) is not None:
        yield f"          what was done of this kind gained {100 * ratio:.0f} % of what was told"
    yield f"  effort: about {own.minutes} min"
    yield printable(f"  how:    {how(own)}")


def how(own: Recommendation) -> str:
    return (
        f"{own.deed}; `understudy recommendations accept {own.id}` does it" if own.deed else own.how
    )


def done_lines(rows: Iterable[Row]) -> Iterator[str]:
    """What came of those that were done."""
    for row in rows:
        at = time.strftime("%Y-%m-%d", time.localtime(row.done))
        yield printable(f"{row.id}  done {at}: {row.what}")
        yield f"          {effect(row)}"


def effect(row: Row) -> str:
    """What it gained, beside what was told."""
    told = ""
    if row.low is not None and row.high is not None:
        told = f"; {span(row.low, row.high)} a week was told"
    if row.gained_low is None or row.gained_high is None:
        return f"effect not known: {_not_measured(row.measure)}{told}"
    return f"effect: {change(row.gained_low, row.gained_high)} a week less (95 %){told}"


def _not_measured(measure: str) -> str:
    if not measure:
        return "it cannot be measured from here"
    runs = "runs are known before or " if is_of_command(measure) else "days "
    return f"too few {runs}since then"


def expected(measure: str) -> str:
    """When something can be told of what came of one that was just done."""
    if not measure:
        return "What comes of it cannot be measured from here."
    enough = "it was run a few times" if is_of_command(measure) else "a few days have passed"
    return f"What came of it is told once {enough}."


def still_there(own: Recommendation) -> str:
    """Of one that cannot be done, since its file has it."""
    return (
        f"{own.place.path}:{own.place.line} is still as it was, so it is not done: that is seen by"
        f" itself once it has changed. `understudy recommendations dismiss {own.id}` hides it."
    )


# ── pages and JSON ──────────────────────────────────────────────────────────────────────────────


def _problem(outlook: Outlook) -> list[str]:
    return [f"{outlook.problem}.", ""] if outlook.problem else []


def workflow_page(outlook: Outlook) -> str:
    """Markdown."""
    lines = [f"# Workflows in {line(str(outlook.root))}", "", *_problem(outlook)]
    for each in outlook.analyses:
        lines += [f"## {line(_head(each))}", "", *_points(each)]
        lines += [*(f"- {line(told)}" for told in _matters(each)), ""]
    if not outlook.analyses:
        lines += ["There is no workflow definition here that is known.", ""]
    lines += [
        "## As it is lived",
        "",
        *(f"- {line(each.strip())}" for each in lived_lines(outlook.lived)),
    ]
    return "\n".join([*lines, ""])


def _points(each: Analysis) -> list[str]:
    if each.score is None:
        return []
    lines = ["| | points | why |", "| --- | --- | --- |"]
    parts = each.score.parts.items()
    lines += [f"| {part} | {p.value:.0f} | {'; '.join(p.why)} |" for part, p in parts]
    return [*lines, "", f"- {line(path_line(each))}"]


def recommendation_page(outlook: Outlook) -> str:
    """Markdown."""
    stand = outlook.stand
    lines = [f"# Recommendations for {line(str(outlook.root))}", "", *_problem(outlook)]
    for each in stand.open:
        own = each.recommendation
        lines += [f"## {own.title}: {own.id}", "", line(f"{_where(own)}{own.what}"), ""]
        lines += [f"- why: {line(told)}" for told in own.why]
        done = f"{own.deed}; “{ACCEPT_RECOMMENDATION.title}” does it" if own.deed else own.how
        lines += [f"- {worth(own)}", f"- how: {line(done)}", f"- state: {each.state}", ""]
    if not stand.open:
        lines += ["There is none that is open.", ""]
    if stand.done:
        lines += ["## Done", ""]
        lines += [f"- {line(row.what)} ({effect(row)})" for row in stand.done]
        lines.append("")
    return "\n".join(lines)


def workflows_payload(outlook: Outlook) -> dict[str, Any]:
    lived = outlook.lived
    return {
        "root": str(outlook.root),
        "workflows": [_workflow_payload(each) for each in outlook.analyses],
        "lived": {
            "observations": [_observed(each) for each in lived.observations],
            "days": lived.span.days if lived.span else 0,
            "thin": lived.thin,
            "bottlenecks": [_bottleneck_payload(each) for each in lived.bottlenecks],
        },
    }


def _workflow_payload(each: Analysis) -> dict[str, Any]:
    own = each.workflow
    parts = each.score.parts.items() if each.score else ()
    return {
        "kind": str(own.kind),
        "name": own.name,
        "path": own.path,
        "score": round(each.score.value, 1) if each.score else None,
        "parts": {str(p): {"value": round(v.value, 1), "why": [*v.why]} for p, v in parts},
        "unit": each.unit,
        "criticalPath": {"jobs": [*each.path.names], "cost": each.path.cost},
        "total": each.path.total,
        "parallel": each.path.wide,
        "unreached": [*each.unreached],
        "jobs": [
            {
                "name": job.name,
                "line": job.place.line,
                "needs": [*job.needs],
                "calls": [*job.calls],
                "turns": [[*turn] for turn in job.turns],
                "times": job.times,
                "steps": [
                    {
                        "name": s.title,
                        "path": s.place.path,
                        "line": s.place.line,
                        "command": redacted(s.command),
                    }
                    for s in job.steps
                ],
                "seconds": each.seen[job.name].seconds if job.name in each.seen else None,
            }
            for job in own.jobs
        ],
        "problems": [{"path": p.path, "line": p.line, "text": t} for p, t in own.problems],
        "issues": [
            {
                "rule": issue.rule,
                "part": str(RULES[issue.rule].part),
                "path": issue.place.path,
                "line": issue.place.line,
                "text": issue.text,
                "evidence": [*issue.evidence],
            }
            for issue in each.issues
        ],
    }


def _a_week(weekly: Weekly | None) -> list[float] | None:
    return [weekly.low, weekly.high] if weekly else None


def _bottleneck_payload(each: Bottleneck) -> dict[str, Any]:
    return {
        "folder": each.folder,
        "what": each.what,
        "runs": each.runs,
        "seconds": each.seconds,
        "secondsAWeek": _a_week(each.weekly),
    }


def _observed(each: Observation) -> dict[str, Any]:
    return {
        "rule": each.rule,
        "subject": each.subject,
        "text": each.text,
        "evidence": [*each.evidence],
        "secondsAWeek": _a_week(each.weekly),
    }


def recommendations_payload(stand: Stand) -> list[dict[str, Any]]:
    """Open, dismissed and done ones."""
    every = (*stand.open, *stand.dismissed)
    return [standing_payload(each, stand.ratios) for each in every] + [
        done_payload(row) for row in stand.done
    ]


def done_payload(row: Row) -> dict[str, Any]:
    return {**row._asdict(), "effect": effect(row)}


def standing_payload(each: Standing, ratios: Mapping[str, float]) -> dict[str, Any]:
    own = each.recommendation
    return {
        "id": own.id,
        "rule": own.rule,
        "title": own.title,
        "state": str(each.state),
        "path": own.place.path,
        "line": own.place.line,
        "what": own.what,
        "why": [*own.why],
        "gainSecondsAWeek": [*own.gain] if own.gain else None,
        "gainUnknown": own.unknown,
        "gainBasis": own.basis,
        "effortMinutes": own.minutes,
        "rank": round(rank(own, ratios), 3),
        "how": how(own),
        "canBeDone": own.is_easy,
    }
