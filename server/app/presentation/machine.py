"""How the machine is, for people and as data."""

from __future__ import annotations

import math
import time
from typing import Any

from ...resources import Outlook, Silent, Trend
from ...resources.use import Kind, amount
from .markdown import line

__all__ = ["Outlook", "amount", "details", "page", "payload", "silence"]

_LEAST_SECONDS = 0.05
"""Of processor time, that are told of."""


def page(outlook: Outlook) -> str:
    """Markdown."""
    lines = ["# How the machine is", ""]
    if outlook.pressure.shortage:
        lines += [f"**{line(outlook.pressure.shortage)}**", ""]
    lines += ["| | used | of | | the end |", "| --- | ---: | ---: | ---: | --- |"]
    lines += [_row(each, outlook.ends(each) or "not in sight") for each in outlook.trends]
    told = (*details(outlook), *(each.sentence for each in outlook.warnings))
    lines += ["", *(f"- {line(each)}" for each in told)]
    return "\n".join(lines) + "\n"


def _row(trend: Trend, ends: str) -> str:
    use = trend.use
    cells = (line(use.name), amount(use.used, use.kind), amount(use.limit, use.kind))
    return f"| {' | '.join(cells)} | {100 * use.level:.0f} % | {ends} |"


def details(outlook: Outlook) -> list[str]:
    """Of what does not run out: a sentence each."""
    told = outlook.processors
    lines = []
    if told.cores:
        cores = ", ".join(f"{100 * each:.0f}" for each in told.cores)
        busy = f"{100 * told.busy:.0f} % of the time"
        lines.append(f"the processors are busy for {busy} (each: {cores})")
    for share, what in (
        (told.waiting, "of their time they wait for disks"),
        (told.stolen, "of their time goes to other guests of the same machine"),
        (told.throttled, "of the time this container was kept from them by its limit"),
    ):
        if share >= 0.01:
            lines.append(f"{100 * share:.0f} % {what}")
    busiest = [each for each in outlook.busiest if each.more >= _LEAST_SECONDS]
    if busiest:
        who = ", ".join(f"{each.words} ({each.more:.1f} s)" for each in busiest)
        lines.append(f"most processor time went to: {who}")
    if outlook.temperature is not None:
        hot = ", which is too hot by what it says of itself" if outlook.is_hot else ""
        lines.append(f"the hottest part has {outlook.temperature:.0f} °C{hot}")
    if outlook.pressure.on_battery:
        lines.append("the computer runs on battery")
    return [*lines, *map(silence, outlook.silent)]


def silence(found: Silent) -> str:
    """Of what does not answer: a sentence."""
    since = time.strftime("%Y-%m-%d %H:%M", time.localtime(found.since))
    return (
        f"{found.what} has not answered since {since}, and nobody knows how full it is: see whether"
        " what it is mounted from can be reached"
    )


def payload(outlook: Outlook) -> dict[str, Any]:
    """Plain data. Seconds that are not known are None."""
    return {
        "short": outlook.pressure.shortage,
        "foreseen": outlook.pressure.foreseen,
        "onBattery": outlook.pressure.on_battery,
        "temperature": outlook.temperature,
        "processors": {
            name: [round(each, 3) for each in value]
            if isinstance(value, tuple)
            else round(value, 3)
            for name, value in outlook.processors._asdict().items()
        },
        "resources": [_payload(each) for each in outlook.trends],
        "silent": [each._asdict() for each in outlook.silent],
    }


def _payload(trend: Trend) -> dict[str, Any]:
    use, found = trend.use, trend.forecast
    left = {
        "left": _seconds(found.left),
        "soonest": _seconds(found.soonest),
        "latest": _seconds(found.latest),
    }
    return {
        "name": use.name,
        "kind": str(use.kind),
        "what": use.what,
        "used": use.used,
        "limit": use.limit,
        "unit": "bytes"
        if use.kind.is_bytes
        else "percent"
        if use.kind is Kind.BATTERY
        else "count",
        "warns": trend.warns is not None,
        "acknowledged": trend.acknowledged,
        **left,
        "causes": [each._asdict() for each in trend.causes],
    }


def _seconds(value: float) -> float | None:
    return round(value, 1) if math.isfinite(value) else None
