"""A workspace with a past: jobs, automations, what tools took, findings that came and went."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from understudy.model import Cost
from understudy.store import measured
from understudy.store.automations import AUTOMATIONS, Automation, Automations, Execution, State
from understudy.store.automations import FILE as AUTOMATIONS_FILE
from understudy.store.database import Database
from understudy.store.job_rows import JOBS
from understudy.store.lives import FILE as LIVES_FILE
from understudy.store.lives import LIVES
from understudy.store.measured import MEASURED, Counts, Notice, Suite

DAY = 86_400.0
HOSTILE = "<script>alert(1)</script>"
SECRET = "hunter2-0Zx8Qv"
TASKS = ("test_runner", "security_scan", f"lint {HOSTILE}", f"docs --password={SECRET}")
FINDING = "INSERT INTO lives (path, rule, fingerprint, severity, came, new, gone, how) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


async def past(state: Path, now: float, days: int = 30, a_day: int = 8) -> None:
    """Of the last days up to ``now``, in the state folder of a workspace; always the same."""
    draw = random.Random(4)
    await _jobs(state, now, days, a_day, draw)
    await _automations(state, now, days, draw)
    await _measured(state, now, days, draw)
    await _findings(state, now, days, draw)


async def _jobs(state: Path, now: float, days: int, a_day: int, draw: random.Random) -> None:
    rows: list[tuple[object, ...]] = []
    for day in range(days):
        for number in range(a_day):
            start = now - (days - day) * DAY + number * 700
            for task in TASKS:
                seconds = draw.lognormvariate(2, 0.5)
                status = "done" if draw.random() < 0.93 else "failed"
                id_ = len(rows) + 1
                cpu, memory = seconds * draw.random(), draw.randint(50, 400) << 20
                times = (draw.random(), start, start + seconds)
                rows.append((id_, id_, task, 1, *times, status, "", "", cpu, memory))
    rows.append((0, 0, "backwards", 1, 0.0, now - 10, now - 900, "done", "", "", 1.0, 1))
    rows.append((-1, -1, "code_analysis", 1, 0.0, now - 20, now - 15, "done", "", "", 0.0, 0))
    database = Database(state / "jobs.db", JOBS)
    insert = f"INSERT INTO executions VALUES ({', '.join('?' * 12)})"
    await database.run(lambda c: c.executemany(insert, rows))
    await database.close()


async def _automations(state: Path, now: float, days: int, draw: random.Random) -> None:
    database = Database(state / AUTOMATIONS_FILE, AUTOMATIONS)
    store = Automations(database)
    await store.put(Automation("p1", "new-component", State.ACTIVE, "t", "x", now - days * DAY))
    for day in range(days):
        at, good = now - (days - day) * DAY, draw.random() < 0.9
        low, high = draw.uniform(5, 20), draw.uniform(30, 90)
        status = "clean" if good else "failed"
        await store.ran(
            Execution("p1", at, "{}", status, 1.0, 2, good, entry=1, low=low, high=high)
        )
    await database.close()


async def _measured(state: Path, now: float, days: int, draw: random.Random) -> None:
    first = datetime.fromtimestamp(now, UTC).astimezone().date() - timedelta(days=days)
    today = first
    counts = Counts(Database(state / measured.FILE, MEASURED), lambda: today)
    for day in range(days):
        today = first + timedelta(days=day)
        for tool, usual in (("bandit", 0.05), ("ruff", 0.008)):
            for number in range(8):
                seconds = usual * draw.lognormvariate(0, 0.4)
                counts.looked(tool, 1, seconds, Cost(usual, 60 << 20), ahead=number == 0)
            counts.recalled(tool, draw.randint(50, 400))
        for what in Notice:
            counts.noticed(what, draw.randint(1, 5))
        at = now - (days - day) * DAY
        counts.ran(Suite(at, draw.uniform(60, 70), True, False, True))
        counts.ran(Suite(at, draw.uniform(3, 9), True, True, False))
    await counts.close()


async def _findings(state: Path, now: float, days: int, draw: random.Random) -> None:
    rows: list[tuple[object, ...]] = []
    for day in range(days):
        for number in range(4):
            came = now - (days - day) * DAY + number * 900
            stay = draw.expovariate(1 / (3 * DAY))
            gone = came + stay if came + stay < now else None
            how = "" if gone is None else "fixed"
            rule, severity = f"bandit:B{number}", draw.randint(0, 4)
            rows.append((f"/a/{number}.py", rule, "", severity, came, True, gone, how))
    database = Database(state / LIVES_FILE, LIVES)
    await database.run(lambda c: c.executemany(FINDING, rows))
    await database.close()
