"""The durable engine with a real database, real processes and a clock of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from understudy.findings.redact_text import SECRET
from understudy.model import Importance
from understudy.runner import forecast
from understudy.runner.attempt import Change
from understudy.runner.budget import Conditions
from understudy.runner.calls import Status
from understudy.runner.engine import Engine, Setting
from understudy.runner.execute import Runner
from understudy.runner.graph import GraphError
from understudy.runner.scheduler import Options
from understudy.runner.task import Context, Parameter, Result, Task, Transient
from understudy.store.job_rows import JobState

from .support import PATIENCE, until


class Clock:
    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def __call__(self) -> float:
        return self.time


async def nothing(context: Context) -> Result:
    return Result(dict(context.parameters))


async def broken(context: Context) -> Result:
    raise RuntimeError("broken on purpose")


class Gate:
    """A task that runs until it is let go."""

    def __init__(self, name: str = "gate", **more: Any) -> None:
        self.open = asyncio.Event()
        self.attempts = 0
        self.task = Task(name, self._run, **more)

    async def _run(self, context: Context) -> Result:
        self.attempts += 1
        await self.open.wait()
        return Result(self.attempts)


class Place:
    """A state folder, and engines on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Clock()
        self.conditions = Conditions()
        self.changes: list[Change] = []
        self._open: list[tuple[Engine, Runner]] = []

    async def engine(self, *tasks: Task, trusted: bool = True, **options: Any) -> Engine:
        runner = Runner()
        setting = Setting(
            Options(**{"percent": 100.0, **options}),
            now=self.clock,
            chance=lambda: 0.0,
            conditions=lambda: self.conditions,
            trusted=lambda: trusted,
        )
        engine = Engine(self.folder, tasks, runner, setting, self.changes.append)
        await engine.start()
        self._open.append((engine, runner))
        return engine

    async def close(self, only: Engine | None = None) -> None:
        for engine, runner in reversed(self._open):
            if only in (None, engine):
                await engine.close()
                await runner.close()
        self._open = [pair for pair in self._open if only not in (None, pair[0])]

    def kinds(self, task: str = "") -> list[str]:
        return [change.kind for change in self.changes if task in ("", change.job.task)]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path)
    yield place
    await place.close()


async def test_submit_and_await(place: Place) -> None:
    engine = await place.engine(Task("nothing", nothing))
    id_ = await engine.submit("nothing", {"n": 1}, cause=("save", "saved app.py"))
    record = await engine.result(id_, PATIENCE)
    assert (record.status, record.value, record.attempt) == (Status.DONE, {"n": 1}, 1)
    assert [cause[:2] for cause in record.causes] == [("save", "saved app.py")]
    assert place.kinds() == ["started", "ended"]


async def test_the_same_is_queued_once_with_all_causes(place: Place) -> None:
    gate = Gate()
    engine = await place.engine(gate.task, Task("nothing", nothing), most=1)
    held = await engine.submit("gate")
    await until(lambda: gate.attempts)
    ids = [
        await engine.submit("nothing", {"file": name}, cause=("save", f"saved {name}"))
        for name in ("a", "b", "a")
    ]
    assert ids[0] == ids[2] != ids[1]
    gate.open.set()
    record = await engine.result(ids[0], PATIENCE)
    assert [cause.text for cause in record.causes] == ["saved a", "saved a"]
    assert (await engine.result(held, PATIENCE)).status == Status.DONE


async def test_what_is_due_later_waits_until_it_is_asked_for_or_part_of_another(
    place: Place,
) -> None:
    engine = await place.engine(Task("nothing", nothing))
    later = place.clock() + 3_600
    a, b, c = [await engine.submit("nothing", {"n": n}, due=later) for n in "abc"]
    assert await engine.submit("nothing", {"n": "a"}) == a  # which changes nothing of its time
    assert await engine.jobs.waiting(place.clock()) == ([], later)
    assert await engine.submit("nothing", {"n": "a"}, due=place.clock(), replaces=[a, 99]) == a
    assert (await engine.result(a, PATIENCE)).value == {"n": "a"}
    both = await engine.submit("nothing", {"n": "b and c"}, replaces=[a, b, c])
    assert [await engine.result(each, PATIENCE) for each in (b, c)] == [
        await engine.result(both, PATIENCE)
    ] * 2
    records = [await engine.jobs.get(each) for each in (a, b, c)]
    assert [record and record.status for record in records] == ["done", "merged", "merged"]
    assert place.kinds().count("started") == 2


async def test_who_takes_over_is_told_of_what_is_due_later(place: Place) -> None:
    task = Task("nothing", nothing)
    first, second = await place.engine(task), await place.engine(task)
    for n in range(2):
        await second.submit("nothing", {"n": n}, due=place.clock() + 3_600)
    place.changes.clear()
    await place.close(first)
    await until(lambda: len(place.changes) == 2)
    assert second.runs_here
    told = [(each.kind, each.job.parameters["n"]) for each in place.changes]
    assert told == [("waiting", 0), ("waiting", 1)]


async def test_the_important_goes_first(place: Place) -> None:
    gate = Gate()
    order: list[str] = []

    async def note(context: Context) -> Result:
        order.append(context.task.name)
        return Result()

    tasks = [Task(level.name, note, importance=level) for level in Importance]
    engine = await place.engine(gate.task, *tasks, most=1)
    await engine.submit("gate")
    await until(lambda: gate.attempts)
    ids = [await engine.submit(level.name) for level in Importance]
    gate.open.set()
    for id_ in ids:
        await engine.result(id_, PATIENCE)
    assert order == ["CRITICAL", "HIGH", "MEDIUM", "LOW"]


async def test_at_most_so_many_run_at_once(place: Place) -> None:
    gates = [Gate(f"gate{n}") for n in range(5)]
    engine = await place.engine(*(gate.task for gate in gates), most=2)
    ids = [await engine.submit(gate.task.name) for gate in gates]
    await until(lambda: sum(gate.attempts for gate in gates) == 2)
    for gate in gates:
        assert sum(each.attempts - each.open.is_set() for each in gates) <= 2
        gate.open.set()
    for id_ in ids:
        assert (await engine.result(id_, PATIENCE)).status == Status.DONE


async def test_overflow_drops_the_least_important_and_says_so(place: Place) -> None:
    gate = Gate()
    high = Task("high", nothing, importance=Importance.HIGH)
    engine = await place.engine(gate.task, Task("low", nothing), high, most=1, queued=3)
    await engine.submit("gate")
    await until(lambda: gate.attempts)
    low = [await engine.submit("low", {"n": n}) for n in range(3)]
    await engine.submit("high")
    dropped = await engine.result(low[2], PATIENCE)
    assert dropped.status == "dropped"
    assert "the queue was full (3 jobs)" in dropped.why
    assert [change.job.id for change in place.changes if change.kind == "ended"] == [low[2]]


async def test_needs_run_before_and_failures_are_handed_on(place: Place) -> None:
    engine = await place.engine(
        Task("compile", nothing),
        Task("link", nothing, needs=("compile",)),
        Task("bad", broken),
        Task("after", nothing, needs=("bad",)),
        Task("last", nothing, needs=("after", "compile")),
    )
    assert (await engine.result(await engine.submit("link"), PATIENCE)).status == Status.DONE
    assert [c.job.task for c in place.changes if c.kind == "started"] == ["compile", "link"]
    last = await engine.result(await engine.submit("last"), PATIENCE)
    assert last.status == "need failed"
    assert last.why == (
        "after, which it needs, could not run: bad, which it needs, failed:"
        " RuntimeError: broken on purpose"
    )
    assert place.kinds("last") == place.kinds("after") == ["ended"]


async def test_what_needs_left_is_merged_where_they_were_needed(place: Place) -> None:
    async def lines(context: Context) -> Result:
        return Result({"lines": len(context.task.name)})

    async def merge(context: Context) -> Result:
        return Result(sum(each["lines"] for each in context.needed.values()))

    engine = await place.engine(
        Task("four", lines),
        Task("sixteen", lines, outputs=("report.xml",)),
        Task("other", lines),
        Task("merge", merge, needs=("four",), inputs=("*.xml",)),
    )
    await engine.result(await engine.submit("four", {"n": 1}), PATIENCE)  # another job
    assert (await engine.result(await engine.submit("merge"), PATIENCE)).value == 4 + 7
    assert (await engine.result(await engine.submit("merge"), PATIENCE)).value == 4 + 7


@pytest.mark.alone
async def test_a_plan_comes_from_what_was_and_what_it_took_is_measured(place: Place) -> None:
    async def work(context: Context) -> Result:
        await asyncio.sleep(0.2)
        return Result()

    engine = await place.engine(
        Task("a", work), Task("b", work), Task("both", nothing, needs=("a", "b")), most=2
    )
    unknown = await engine.plan("both")
    assert (set(unknown.unknown), unknown.parallel) == ({"a", "b", "both"}, 0)
    ids = await engine.submit_all("both")
    assert list(ids) in (["a", "b", "both"], ["b", "a", "both"])
    await engine.result(ids["both"], PATIENCE)
    plan = await engine.plan("both")
    assert plan.unknown == ()
    assert 0.4 <= plan.serial < 2 * plan.parallel + 0.1
    assert plan.speed_up > 1.3
    with pytest.raises(GraphError, match="there is no task 'c'"):
        await engine.plan("c")
    assert (await forecast.took(engine.history, ids)).speed_up > 1.3


async def test_needs_follow_from_files(place: Place) -> None:
    engine = await place.engine(
        Task("pack", nothing, inputs=("dist/*.js",)),
        Task("bundle", nothing, outputs=("dist/a.js",)),
    )
    await engine.result(await engine.submit("pack"), PATIENCE)
    assert [c.job.task for c in place.changes if c.kind == "started"] == ["bundle", "pack"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a", "these tasks need each other: a → b → a"),
        ("missing", "there is no task 'missing'"),
        ("c", "there is no task 'missing', which 'c' needs"),
    ],
)
async def test_what_cannot_be_ordered_is_refused_by_name(
    place: Place, name: str, words: str
) -> None:
    engine = await place.engine(
        Task("a", nothing, needs=("b",)),
        Task("b", nothing, needs=("a",)),
        Task("c", nothing, needs=("missing",)),
    )
    with pytest.raises(GraphError) as refused:
        await engine.submit(name)
    assert set(words.split()) == set(str(refused.value).split())
    assert await engine.jobs.recent() == []


async def test_a_transient_failure_is_tried_again_later_and_later(place: Place) -> None:
    tries = 0

    async def flaky(context: Context) -> Result:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise Transient("the server was busy")
        return Result(tries)

    engine = await place.engine(Task("flaky", flaky))
    id_ = await engine.submit("flaky")
    for delay in (10, 20):
        await until(lambda: place.kinds()[-1:] == ["retrying"])
        record = await engine.jobs.get(id_)
        assert record is not None
        assert record.due - place.clock() == delay
        assert record.why == "the server was busy"
        place.clock.time += delay - 1
        assert await engine.jobs.waiting(place.clock()) == ([], record.due)
        place.clock.time += 1
        place.changes.clear()
        await engine.cancel(-1)  # nothing; but it looks
    assert (await engine.result(id_, PATIENCE)).value == 3
    executions = await engine.history.executions()
    assert [e.failure for e in executions] == ["", "transient", "transient"]


async def test_a_permanent_failure_is_not(place: Place) -> None:
    engine = await place.engine(Task("broken", broken))
    record = await engine.result(await engine.submit("broken"), PATIENCE)
    assert (record.status, record.attempt) == (Status.FAILED, 1)
    assert record.why == "RuntimeError: broken on purpose"


async def test_a_task_has_so_much_time(place: Place) -> None:
    engine = await place.engine(Gate(timeout=0.2, retries=0).task)
    record = await engine.result(await engine.submit("gate"), PATIENCE)
    assert (record.status, record.why) == (Status.TIMED_OUT, "no end within 0.2 s")


async def test_cancelling_what_waits_and_what_runs(place: Place) -> None:
    gate = Gate()
    engine = await place.engine(gate.task, Task("nothing", nothing), most=1)
    running = await engine.submit("gate")
    await until(lambda: gate.attempts)
    waiting = await engine.submit("nothing")
    assert await engine.cancel(waiting)
    assert await engine.cancel(running)
    for id_ in (waiting, running):
        assert (await engine.result(id_, PATIENCE)).status == "cancelled"
        assert not await engine.cancel(id_)


async def test_low_work_waits_while_you_type(place: Place) -> None:
    place.conditions = Conditions(typing=True)
    tests = Task("tests", nothing, importance=Importance.HIGH)
    engine = await place.engine(Task("docs", nothing), tests)
    low = await engine.submit("docs")
    await engine.result(await engine.submit("tests"), PATIENCE)
    await until(lambda: engine.held_back == "you are typing")
    record = await engine.jobs.get(low)
    assert record is not None
    assert record.state is JobState.QUEUED
    place.conditions = Conditions()
    assert (await engine.result(low, PATIENCE)).status == Status.DONE


async def test_what_a_person_asks_for_waits_for_no_pause_of_theirs(place: Place) -> None:
    place.conditions = Conditions(typing=True)
    engine = await place.engine(Task("first", nothing), Task("then", nothing, needs=("first",)))
    asked = await engine.submit("then", cause=("manual", "asked for"))
    record = await engine.result(asked, PATIENCE)
    assert (record.status, record.importance) == (Status.DONE, Importance.MEDIUM)


async def test_a_need_that_would_have_to_be_asked_is_refused_by_name(place: Place) -> None:
    build = Task("build", nothing, parameters=(Parameter("to"),))
    ship = Task("ship", nothing, needs=("first", "build"))
    engine = await place.engine(Task("first", nothing), build, ship)
    with pytest.raises(GraphError, match="ship needs build, which cannot be run for it: "):
        await engine.submit("ship")
    assert await engine.jobs.recent() == []


async def test_nothing_of_an_untrusted_workspace_runs(place: Place) -> None:
    gate = Gate(needs_trust=True)
    engine = await place.engine(gate.task, trusted=False)
    record = await engine.result(await engine.submit("gate"), PATIENCE)
    assert record.status == Status.REFUSED
    assert "not trusted" in record.why
    assert not gate.attempts


async def test_a_command_with_its_log_and_cost(place: Place) -> None:
    async def run(context: Context) -> Result:
        return await context.command(
            ["sh", "-c", "echo $X; exit 4"], "/", {"X": "7", "PATH": "/bin:/usr/bin"}
        )

    engine = await place.engine(Task("run", run))
    record = await engine.result(await engine.submit("run"), PATIENCE)
    assert (record.status, record.exit_code) == (Status.FAILED, 4)
    assert record.cost.memory_bytes
    assert (engine.logs / f"{record.id}-1.log").read_text() == "7\n"
    assert b"".join(c.output for c in place.changes) == b"7\n"


TOKEN = "gh" + "p_" + "a1B2c3D4" * 5


def holding(folder: Path, *secrets: str) -> list[str]:
    """The files in which one of them is."""
    files = [each for each in folder.rglob("*") if each.is_file()]
    return [
        each.name for each in files if any(word.encode() in each.read_bytes() for word in secrets)
    ]


async def said(context: Context) -> Result:
    """Prints what it was given, and fails with it."""
    text, door = context.parameters["text"], context.parameters["password"]
    code = f"printf '%s\\n' {text} {door} $(printf {door} | base64); exit 4"
    result = await context.command(["sh", "-c", code], "/", {"PATH": "/bin:/usr/bin"})
    return replace(result, outcome=replace(result.outcome, why=f"{door} is wrong, as is {text}"))


async def test_a_secret_is_given_to_the_task_alone(place: Place) -> None:
    """By what it is, and by how it is called."""
    first, second = [await place.engine(Task("said", said)) for _ in range(2)]
    for engine in (first, second):
        given = {"text": TOKEN, "password": "hunter2x9", "n": 1}
        record = await engine.result(await engine.submit("said", given), PATIENCE)
        assert (record.status, record.exit_code) == (Status.FAILED, 4)
        assert record.parameters == {"text": SECRET, "password": SECRET, "n": 1}
        assert record.why == f"{SECRET} is wrong, as is {SECRET}"
        log = (first.logs / f"{record.id}-1.log").read_text()
        assert log == f"{SECRET}\n" * 3
    live = b"".join(c.output for c in place.changes)
    assert live.count(TOKEN.encode()) == live.count(b"hunter2x9") == 2
    assert holding(place.folder, TOKEN, "hunter2x9", "aHVudGVyMng5") == []


async def test_two_secrets_are_two_jobs(place: Place) -> None:
    gate = Gate()
    engine = await place.engine(gate.task, most=1)
    await engine.submit("gate")
    ids = {await engine.submit("gate", {"text": TOKEN + end}) for end in ("1", "2", "2")}
    assert len(ids) == 3
    gate.open.set()
    for id_ in ids:
        assert (await engine.result(id_, PATIENCE)).status == Status.DONE


async def test_a_secret_that_nobody_knows_any_more_is_told_of(place: Place) -> None:
    gate = Gate(repeatable=True)
    first = await place.engine(gate.task)
    id_ = await first.submit("gate", {"text": TOKEN})
    await until(lambda: gate.attempts)
    await place.close(first)
    record = await (await place.engine(gate.task)).result(id_, PATIENCE)
    assert record.status == Status.REFUSED
    assert "the value of text looks like a secret, so it is kept nowhere" in record.why
    assert gate.attempts == 1


async def test_who_takes_over_knows_what_it_was_told(place: Place) -> None:
    gate = Gate(repeatable=True)
    first, second = await place.engine(gate.task), await place.engine(gate.task)
    id_ = await first.submit("gate", {"text": TOKEN})
    await until(lambda: gate.attempts)
    await place.close(first)
    gate.open.set()
    assert (await second.result(id_, PATIENCE)).value == 2


# ── several engines on one folder ───────────────────────────────────────────────────────────────


async def test_one_runs_the_other_asks(place: Place) -> None:
    task = Task("nothing", nothing)
    first, second = await place.engine(task), await place.engine(task)
    assert (first.runs_here, second.runs_here) == (True, False)
    assert second.holder() == first.holder() != None  # noqa: E711
    record = await second.result(await second.submit("nothing"), PATIENCE)
    assert record.status == Status.DONE
    started = [e.text for e in await first.history.audit() if e.kind == "started"]
    assert len(started) == 1


async def test_the_other_cancels(place: Place) -> None:
    gate = Gate()
    first, second = await place.engine(gate.task), await place.engine(gate.task)
    id_ = await second.submit("gate")
    await until(lambda: gate.attempts)
    assert await second.cancel(id_)
    assert (await first.result(id_, PATIENCE)).status == "cancelled"


async def test_who_is_left_takes_over(place: Place) -> None:
    gates = [Gate("again", repeatable=True), Gate("once")]
    tasks = [gate.task for gate in gates]
    first, second = await place.engine(*tasks), await place.engine(*tasks)
    ids = [await second.submit(gate.task.name) for gate in gates]
    await until(lambda: all(gate.attempts for gate in gates))
    await place.close(first)
    await until(lambda: second.runs_here)
    await until(lambda: gates[0].attempts == 2)
    asked = await second.jobs.get(ids[1])
    assert asked is not None
    assert asked.state is JobState.ASKING
    assert gates[1].attempts == 1
    assert "asking" in place.kinds("once")
    for gate in gates:
        gate.open.set()
    assert (await second.result(ids[0], PATIENCE)).value == 2
    assert await second.answer(ids[1], again=True)
    assert (await second.result(ids[1], PATIENCE)).value == 2
    assert not await second.answer(ids[1], again=True)


async def test_a_checkpoint_is_where_the_next_attempt_begins(place: Place) -> None:
    stop = asyncio.Event()
    seen: list[int] = []

    async def count(context: Context) -> Result:
        begin = context.resumed.state["next"] if context.resumed else 0
        for n in range(begin, 7):
            seen.append(n)
            await context.step({"next": n + 1}, f"{n + 1} of 7", (n + 1) / 7)
            if n == 4 and not context.resumed:
                stop.set()
                await asyncio.Event().wait()
        return Result(seen)

    task = Task("count", count, repeatable=True)
    first = await place.engine(task, every=2)
    id_ = await first.submit("count")
    await stop.wait()
    points = await first.jobs.checkpoints(id_)
    assert [(p.state, p.message) for p in points] == [
        ({"next": 4}, "4 of 7"),
        ({"next": 2}, "2 of 7"),
    ]
    await place.close()
    second = await place.engine(task, every=2)
    assert (await second.result(id_, PATIENCE)).status == Status.DONE
    assert seen == [0, 1, 2, 3, 4, 4, 5, 6]
