"""The report of what was saved: over a full history, from asking to the page, and what to count
costs."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from understudy.app.insights.efficiency import Report, report_of
from understudy.model import Cost
from understudy.store.activity import ACTIVITY, Activity, Did, Log
from understudy.store.activity import FILE as ACTIVITY_FILE
from understudy.store.automations import AUTOMATIONS, Automation, Automations, Execution, State
from understudy.store.automations import FILE as AUTOMATIONS_FILE
from understudy.store.database import Database
from understudy.store.job_rows import JOBS
from understudy.store.lives import FILE as LIVES_FILE
from understudy.store.lives import LIVES
from understudy.store.measured import FILE as MEASURED_FILE
from understudy.store.measured import MEASURED, Counts, Notice, Suite

from .report import Aim, console, table
from .world import Run

_DAY = 86_400.0
_DAYS = 365
_EXECUTIONS = 100_000
_ACTIVITIES = 10_000
_LIVES = 20_000
_COUNTED = 100_000
_INSERT_LIFE = (
    "INSERT INTO lives (path, rule, fingerprint, severity, came, new, gone, how)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


async def _history(state: Path, now: float) -> None:
    """10,000 tasks of the activity, 100,000 executions, a year of counts, 20,000 findings."""
    draw = random.Random(4)
    jobs = Database(state / "jobs.db", JOBS)
    rows = []
    for number in range(_EXECUTIONS):
        start = now - _DAYS * _DAY * draw.random()
        seconds = draw.lognormvariate(1, 1)
        task, status = f"task-{number % 40}", "done" if draw.random() < 0.9 else "failed"
        ends = start, start + seconds, status, "", "", seconds / 2, 1 << 26
        rows.append((number, number, task, 1, 0.1, *ends))
    marks = ", ".join("?" * 12)
    await jobs.run(lambda c: c.executemany(f"INSERT INTO executions VALUES ({marks})", rows))
    await jobs.close()
    activity = Database(state / ACTIVITY_FILE, ACTIVITY)
    done = [
        Activity(now - draw.random() * _DAYS * _DAY, Did.SAVED, f"src/file_{n % 300}.py", "s")
        for n in range(_ACTIVITIES)
    ]
    await Log(activity).add(done, _ACTIVITIES)
    await activity.close()
    automations = Database(state / AUTOMATIONS_FILE, AUTOMATIONS)
    store = Automations(automations)
    await store.put(Automation("p", "new-component", State.ACTIVE, "t", "x", now))
    for number in range(1_000):
        at = now - number / 3 * _DAY
        await store.ran(Execution("p", at, "{}", "clean", 1.0, 1, True, entry=1, low=5, high=60))
    await automations.close()
    await _counts(state, now, draw)
    lives = Database(state / LIVES_FILE, LIVES)
    found = []
    for number in range(_LIVES):
        came = now - draw.random() * _DAYS * _DAY
        gone = came + draw.expovariate(1 / (5 * _DAY))
        ended = (gone, "fixed") if gone < now else (None, "")
        found.append((f"/a/{number % 900}.py", "ruff:F401", "", number % 5, came, True, *ended))
    await lives.run(lambda c: c.executemany(_INSERT_LIFE, found))
    await lives.close()


async def _counts(state: Path, now: float, draw: random.Random) -> None:
    today = date.fromtimestamp(now)  # noqa: DTZ012 - the user's day
    counts = Counts(Database(state / MEASURED_FILE, MEASURED), lambda: today)
    for number in range(_DAYS):
        today = date.fromtimestamp(now - number * _DAY)  # noqa: DTZ012
        for tool in ("bandit", "complexipy", "radon", "ruff"):
            for _ in range(20):
                counts.looked(tool, 1, draw.lognormvariate(-3, 0.6), Cost(0.05, 1 << 26))
            counts.recalled(tool, draw.randint(10, 500))
        for what in Notice:
            counts.noticed(what, draw.randint(1, 9))
        for whole in (True, False):
            counts.ran(Suite(now - number * _DAY, 5 + 60 * whole, True, not whole, whole))
    await counts.close()


async def _made(root: Path, state: Path, now: float, form: Callable[[Report], object]) -> float:
    """Milliseconds from asking to having it in a form."""
    began = time.perf_counter()
    report = await report_of(root, state, now - _DAYS * _DAY, now)
    await asyncio.to_thread(form, report)
    return 1e3 * (time.perf_counter() - began)


async def _to_count() -> float:
    """Microseconds of the processor for one answer that is counted."""
    counts, cost = Counts(), Cost(0.01, 1 << 20)
    began = time.process_time()
    for number in range(_COUNTED):
        counts.recalled("ruff")
        counts.looked("bandit", 1, 0.01 + number % 100 / 1e3, cost)
    return 1e6 * (time.process_time() - began) / (2 * _COUNTED)


async def figures(run: Run) -> list[Aim]:
    """Medians of several."""
    root, state = run.folder / "shop", run.folder / "state"
    root.mkdir()
    state.mkdir()
    now = time.time()
    await _history(state, now)
    rounds = run.rounds(2, 7)
    forms: dict[str, Callable[[Report], object]] = {
        "page": lambda each: each.html,
        "Markdown": lambda each: each.markdown,
        "JSON": lambda each: each.json,
    }
    told = table("A report of a year: 10,000 tasks, 100,000 executions, 20,000 findings", "", "ms")
    medians = {}
    for name, form in forms.items():
        took = [await _made(root, state, now, form) for _ in range(rounds)]
        medians[name] = statistics.median(took)
        told.add_row(name, f"{medians[name]:.0f}")
    counted = statistics.median([await _to_count() for _ in range(rounds)])
    told.add_row("to count one answer (µs)", f"{counted:.2f}")
    console.print(told)
    return [
        Aim("efficiency: a full history as a page", medians["page"], 3_000, "ms"),
        Aim("efficiency: to count one answer", counted, 20, "µs"),
    ]
