"""What is known of a workspace, beside whoever works on it; and what can be done from there."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from starlette.requests import Request

from benchmarks.dashboard import large
from understudy.app.insights.recommending import open_recommending
from understudy.app.notices.notices import DELIVER
from understudy.app.overview import actions
from understudy.app.overview.overview import Overview, overview
from understudy.app.overview.parts import Part, history
from understudy.app.overview.seldom import _advice
from understudy.app.overview.watched import Watched
from understudy.app.presentation.jobs import job_line
from understudy.checks.engine import Checks
from understudy.dashboard import metrics
from understudy.dashboard.keys import Keys, Session
from understudy.dashboard.pages import Pages
from understudy.dashboard.sections import SECTIONS
from understudy.discover import Found
from understudy.runner.execute import Runner
from understudy.sandbox.probe import probe
from understudy.sandbox.trial import Level
from understudy.settings import Settings
from understudy.state import state_dir, workspace_dir
from understudy.store import measured
from understudy.store.automations import AUTOMATIONS, Automation, Automations, State
from understudy.store.database import Database
from understudy.store.job_rows import Cause, NewJob

from ..automations.world import script
from ..core.support import own_environment, tree, understudy_here, until
from ..needs import not_applicable

LONG_AGO = 1_500_000_000.0


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return own_environment(tmp_path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {
        "shop/cart.py": "eval('1')\nexec('2')\n",
        "top.py": "import pickle\n",
        ".understudy/config.yaml": "rules: {ignore: [INP001]}\n",
    }
    made = tree(tmp_path / "root", files)
    os.utime(made / "top.py", (LONG_AGO, LONG_AGO))
    return made


@pytest.fixture
async def opened(root: Path, environment: dict[str, str]) -> AsyncIterator[Overview]:
    understudy_here("scan", cwd=root, environment=environment)
    with patch.dict(os.environ, environment, clear=True):
        async with overview({root: True}) as found:
            await found.look()
            yield found


@pytest.fixture
def watched(opened: Overview) -> Watched:
    (found,) = opened.workspaces.values()
    return found


def places(watched: Watched) -> list[str]:
    return [
        f"{cohort.path}:{row.line}"
        for cohort in watched.findings.cohorts
        for rows in cohort.rows.values()
        for row in rows
    ]


async def test_findings_are_what_a_scan_left(watched: Watched) -> None:
    assert sorted({*places(watched)}) == ["shop/cart.py:1", "shop/cart.py:2", "top.py:1"]
    assert watched.findings.looked_at == 2
    assert watched.findings.changed == 0
    assert {cohort.owner for cohort in watched.findings.cohorts} == {"shop", "(top)"}


async def test_a_finding_is_as_old_as_it_is_known_or_its_file_unchanged(
    watched: Watched, opened: Overview, root: Path
) -> None:
    scanned = time.time()
    await large.analyse_again(root, state_dir(), "shop/cart.py", "x = 1\nexec('2')\nos.x\n")
    await opened.look()
    since = {
        f"{cohort.path}:{row.line}": cohort.since
        for cohort in watched.findings.cohorts
        for rows in cohort.rows.values()
        for row in rows
    }
    assert since["top.py:1"] == LONG_AGO
    assert scanned - 600 < since["shop/cart.py:2"] < scanned
    assert scanned < since["shop/cart.py:3"] <= time.time()
    assert [each.path for each in watched.findings.cohorts].count("shop/cart.py") == 2


async def test_a_file_that_changed_is_told_of_and_one_that_went_is_not(
    watched: Watched, opened: Overview, root: Path
) -> None:
    (root / "shop/cart.py").write_text("eval('1')\n\n\n")
    (root / "top.py").unlink()
    await large.analyse_again(root, state_dir(), "new.py", "exec('1')\n")
    await opened.look()
    found = ["new.py:1", "shop/cart.py:1", "shop/cart.py:2"]
    assert sorted(each for each in places(watched) if "top" not in each) == found
    assert watched.findings.changed == 1


async def test_other_settings_are_heeded(watched: Watched, opened: Overview, root: Path) -> None:
    before = opened.revision
    (root / ".understudy/config.yaml").write_text("rules: {ignore: [INP001, S102, B102]}\n")
    await opened.look()
    assert "shop/cart.py:2" not in places(watched)
    assert "shop/cart.py:1" in places(watched)
    changed = {change.part for change in opened.since(before)}
    assert {Part.SETTINGS, Part.FINDINGS} <= changed
    (rules,) = [each for each in watched.parts[Part.SETTINGS] if each.key == "rules.ignore"]
    assert (rules.value, rules.origin) == ("INP001, S102, B102", "project")


async def test_what_changes_nothing_of_findings_keeps_them(
    watched: Watched, opened: Overview, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A setting of something else, and another day."""
    before = sorted(places(watched))
    (root / ".understudy/config.yaml").write_text(
        "rules: {ignore: [INP001]}\nlog: {level: error}\n"
    )
    await opened.look()
    assert sorted(places(watched)) == before
    workspace = watched.service.chores.workspace
    tomorrow = workspace.today() + timedelta(days=1)
    monkeypatch.setattr(workspace, "today", lambda: tomorrow)
    await large.add_job(root, state_dir(), "later")
    await opened.look()
    assert sorted(places(watched)) == before


async def test_only_what_changed_is_told(opened: Overview, watched: Watched, root: Path) -> None:
    before = opened.revision
    await opened.look()
    assert opened.since(before) == []
    await large.add_job(root, state_dir(), "later")
    await opened.look()
    parts = {change.part for change in opened.since(before)}
    assert parts == {Part.TASKS, Part.TRAIL, Part.HEALTH}
    assert [job["task"] for job in watched.parts[Part.TASKS].under_way] == ["later"]


async def test_nothing_is_looked_at_while_nobody_looks(opened: Overview, root: Path) -> None:
    before = opened.revision
    await large.add_job(root, state_dir(), "later")
    await asyncio.sleep(0)
    assert opened.revision == before
    told = opened.changes(before)
    changes = await anext(told)
    assert {change.part for change in changes} & {Part.TASKS, Part.TRAIL}
    await told.aclose()


async def test_it_rests_while_nothing_changes(watched: Watched, root: Path) -> None:
    """It looks once a second, and at once when somebody tells."""
    looks: asyncio.Queue[None] = asyncio.Queue()
    look = watched.look

    async def counted(changed: Callable[[Part], object]) -> None:
        await look(changed)
        looks.put_nowait(None)

    with patch.object(watched, "look", counted):
        following = asyncio.create_task(watched.follow(lambda _: None))
        for _ in range(2):
            await asyncio.wait_for(looks.get(), 5)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(looks.get(), 0.5)
        await large.add_job(root, state_dir(), "later")
        await asyncio.wait_for(looks.get(), 0.5)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def test_who_waits_is_told_at_once_and_let_go_at_the_end(
    opened: Overview, root: Path
) -> None:
    heard: list[Part] = []

    async def listen() -> None:
        async for changes in opened.changes(opened.revision):
            heard.extend(change.part for change in changes)

    listening = [asyncio.create_task(listen()) for _ in range(3)]
    await asyncio.sleep(0)
    await large.add_job(root, state_dir(), "later")
    await until(lambda: heard.count(Part.TASKS) >= 3)
    await opened.close()
    await asyncio.wait_for(asyncio.gather(*listening), 5)


async def test_a_history_is_read_page_by_page(
    watched: Watched, opened: Overview, root: Path
) -> None:
    await large.add_history(root, state_dir(), 120)
    await opened.look()
    assert watched.parts[Part.TASKS].ended.total == 120
    pages = [await history(watched.service, page) for page in (1, 2, 3, 9)]
    assert [len(page.jobs) for page in pages] == [50, 50, 20, 20]
    numbers = [job["id"] for page in pages[:3] for job in page.jobs]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 120


async def test_to_look_is_no_use_of_what_is_known(watched: Watched, root: Path) -> None:
    """No tool would have run for it: nothing is saved."""
    assert places(watched)
    await watched.service.chores.workspace.counts.flush()
    database = Database(workspace_dir(root) / measured.FILE, measured.MEASURED)
    try:
        assert (await measured.kept(database)).recalled == ()
    finally:
        await database.close()


async def test_what_no_tool_has_said_is_asked_for_again_when_something_is_written(
    watched: Watched, opened: Overview, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not with each job that begins or ends."""
    tree(root, {"ruff.toml": "lint.select = ['E']\n", ".understudy/config.yaml": ""})
    await opened.look()
    assert [*watched.findings.silent] == [("ruff", 2)]
    asked: list[int] = []
    workspace = watched.service.chores.workspace
    recall = workspace.recall

    async def counted(checks: Checks, files: Sequence[Found]) -> None:
        asked.append(len(files))
        await recall(checks, files)

    monkeypatch.setattr(workspace, "recall", counted)
    await large.add_job(root, state_dir(), "later")
    await opened.look()
    assert asked == []
    understudy_here("scan", cwd=root, environment=dict(os.environ))
    await opened.look()
    assert asked == [2]
    assert [*watched.findings.silent] == []


async def test_a_file_that_a_tool_leaves_out_has_no_finding_for_that(
    watched: Watched, opened: Overview, root: Path, environment: dict[str, str]
) -> None:
    """It counts among the files of which nothing is known, as it does not count for a scan."""
    tree(root, {"ruff.toml": "extend-exclude = ['top.py']\n", ".understudy/config.yaml": ""})
    scan = understudy_here("scan", "--format", "json", cwd=root, environment=environment)
    found = json.loads(scan.stdout)["problems"]
    await opened.look()
    assert [*watched.findings.silent] == [("ruff", 1)]
    told = [
        (cohort.path, label, row.line)
        for cohort in watched.findings.cohorts
        for label, rows in cohort.rows.items()
        for row in rows
    ]
    assert sorted(told) == sorted(
        (each["path"], each["severity"], each["start"]["line"]) for each in found
    )


async def test_a_workflow_that_cannot_be_read_has_no_score(
    watched: Watched, opened: Overview, root: Path
) -> None:
    tree(root, {"package.json": "{"})
    async with open_recommending(root, Settings()) as recommending:
        watched.parts[Part.RECOMMENDATIONS] = _advice(await recommending.look())
    pages, session = Pages(opened, Keys(), 80, lambda *_: None), Session("a", "b", 1.0)
    (section,) = [each for each in SECTIONS if each.name == "recommendations"]
    assert "package.json: not read<" in await pages._shown(watched, section, {}, session)


async def test_results_that_cannot_be_read_are_not_told_as_none(
    watched: Watched, opened: Overview, root: Path
) -> None:
    with sqlite3.connect(workspace_dir(root) / "results.db") as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    await opened.look()
    assert Part.FINDINGS not in watched.parts
    assert any("newer Understudy" in each for each in watched.parts[Part.HEALTH].troubles)
    pages, session = Pages(opened, Keys(), 80, lambda *_: None), Session("a", "b", 1.0)
    shown = [await pages._shown(watched, each, {}, session) for each in SECTIONS]
    assert "What was found here is not known." in "".join(shown)
    figures = (await metrics.told(opened)).decode()
    assert "understudy_troubles" in figures
    assert "understudy_findings" not in figures


async def test_what_runs_is_seen_whatever_is_queued_behind_it(
    watched: Watched, opened: Overview, root: Path
) -> None:
    """Deliveries of notices, which may be held back for a day, are no tasks."""
    async with large.jobs(root, state_dir()) as queue:
        cause = Cause("manual", "on the command line", 1.0)
        first = await queue.add(NewJob("first", {}, cause), 1.0, 1_000)
        await queue.claim([first.id], "here", 1.0)
        for task, many in (("later", 70), (DELIVER, 60)):
            for number in range(many):
                await queue.add(NewJob(task, {"n": number}, cause), 1.0, 1_000)
    await opened.look()
    assert watched.parts[Part.HEALTH].jobs == {"queued": 70, "running": 1, "asking": 0}
    under_way = [job["task"] for job in watched.parts[Part.TASKS].under_way]
    assert under_way == ["first", *["later"] * 49]
    assert watched.parts[Part.TASKS].ended.total == 0


async def test_a_store_that_cannot_be_read_is_a_trouble(
    watched: Watched, opened: Overview, root: Path
) -> None:
    """Made by a newer program: nothing is shown of it as if it were so."""
    file = workspace_dir(root) / "jobs.db"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    await opened.look()
    assert Part.TASKS not in watched.parts
    assert watched.parts[Part.HEALTH].jobs is None
    assert any("newer Understudy" in each for each in watched.parts[Part.HEALTH].troubles)
    figures = (await metrics.told(opened)).decode()
    assert f'understudy_troubles{{workspace="{root}"}}' in figures
    assert "understudy_task" not in figures


async def test_a_look_that_is_given_up_is_made_up_for(
    watched: Watched, opened: Overview, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the last page is closed while something is looked at."""
    workspace, begun = watched.service.chores.workspace, asyncio.Event()

    async def endless(*_: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    await large.analyse_again(root, state_dir(), "new.py", "exec('1')\n")
    await large.add_job(root, state_dir(), "later")
    with monkeypatch.context() as patched:
        patched.setattr(workspace, "recall", endless)
        looking = asyncio.create_task(watched.look(lambda _: None))
        await begun.wait()
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
    await opened.look()
    assert "new.py:1" in places(watched)
    assert [entry.task for entry in watched.parts[Part.TRAIL]] == ["later"]


def test_what_takes_long_is_looked_at_less_often(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, seldom = [1_000.0], watched.seldom
    monkeypatch.setattr(seldom, "_clock", lambda: now[0])
    monkeypatch.setattr(seldom, "_looks", {Part.TIME: lambda: None})

    def looked(at: float, took: float) -> bool:
        now[0] = at
        found = False
        for _ in seldom.due():
            found, now[0] = True, at + took
        return found

    asked = [(1_000, 0.1), (1_059, 0), (1_060, 10), (1_559, 0), (1_560, 1.5), (1_634, 0)]
    assert [at for at, took in asked if looked(at, took)] == [1_000, 1_060, 1_560]
    seldom.forget(Part.TIME)
    assert looked(1_634, 0)


async def test_what_is_looked_at_seldom_is_not_missed_when_that_is_given_up(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, seen = asyncio.Event(), asyncio.Event()

    async def endless() -> None:
        begun.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr(watched.seldom, "_looks", {Part.RESOURCES: endless})
        following = asyncio.create_task(watched.follow(lambda _: None))
        await begun.wait()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    following = asyncio.create_task(
        watched.follow(lambda part: seen.set() if part is Part.RESOURCES else None)
    )
    await asyncio.wait_for(seen.wait(), 5)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


@pytest.mark.parametrize("part", [Part.TASKS, Part.RECOMMENDATIONS])
async def test_a_part_that_goes_wrong_is_a_trouble_and_keeps_no_other_from_being_seen(
    watched: Watched, opened: Overview, root: Path, monkeypatch: pytest.MonkeyPatch, part: Part
) -> None:
    """However: also those that are looked at now and then go on."""

    async def broken() -> None:
        raise LookupError("a mistake of our own")

    is_seldom = part is Part.RECOMMENDATIONS
    who = watched.seldom if is_seldom else watched
    monkeypatch.setattr(who, "_looks", {**who._looks, part: broken})
    watched.parts.clear()
    told = opened.changes(0)
    followed = asyncio.create_task(anext(told))
    try:
        await until(lambda: {Part.SETTINGS, Part.TIME} <= watched.parts.keys())
        (root / ".understudy/config.yaml").write_text("rules: {ignore: [F401]}\n")
        await until(lambda: any(each.value == "F401" for each in watched.parts[Part.SETTINGS]))
        assert part not in watched.parts
        await until(lambda: any("own" in e for e in watched.parts[Part.HEALTH].troubles))
    finally:
        await followed
        await told.aclose()


# ── what can be done ────────────────────────────────────────────────────────────────────────────


async def trail(watched: Watched) -> list[str]:
    entries = await watched.service.engine.history.audit()
    return [f"{entry.kind} {entry.task} {entry.text}" for entry in entries]


async def test_what_changes_while_the_page_is_written_is_told_to_it(
    watched: Watched, opened: Overview, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = Keys()
    pages, session = Pages(opened, keys, 80, lambda *_: None), keys.exchange(keys.secret())
    assert session

    async def shown(*_: object) -> str:
        opened.revision += 1
        return ""

    monkeypatch.setattr(pages, "_shown", shown)
    monkeypatch.setattr(pages, "_session", lambda _: session)
    before = opened.revision
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    answer = await pages._page(Request(scope))
    assert f"events?seen={before}".encode() in bytes(answer.body)


async def test_a_command_in_what_is_answered_is_code(
    opened: Overview, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages, session = Pages(opened, Keys(), 80, lambda *_: None), Session("a", "b", 1.0)
    monkeypatch.setattr(pages, "_session", lambda _: session)
    session.said = "Done: nothing runs it until `understudy start` does."
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    answer = await pages._page(Request(scope))
    assert "until <code>understudy start</code> does." in bytes(answer.body).decode()


async def test_who_looks_while_all_is_closed_sees_what_was(opened: Overview) -> None:
    """As a page does that is loaded just then."""
    looks = [asyncio.create_task(opened.look()) for _ in range(3)]
    await asyncio.sleep(0)
    await opened.close()
    await asyncio.gather(*looks, opened.look())


async def test_what_waits_again_says_why_and_not_how_far_it_was(
    watched: Watched, opened: Overview, root: Path
) -> None:
    cause = Cause("manual", "asked for here", 1.0)
    async with large.jobs(root, state_dir()) as queue:
        added = await queue.add(NewJob("tests", {}, cause, repeatable=True), 1.0, 9)
        await queue.claim([added.id], "gone", 1.0)
        await queue.tell(added.id, "7 of 9 tests", 0.7)
        (again,) = await queue.recover(2.0)
    told = f"#{added.id} tests: waits again after attempt 1 (the process that ran it ended)"
    assert job_line(again) == told
    await opened.look()
    pages, session = Pages(opened, Keys(), 80, lambda *_: None), Session("a", "b", 1.0)
    by_name = {each.name: each for each in SECTIONS}
    shown = await pages._shown(watched, by_name["tasks"], {}, session)
    assert "asked for here; attempt 1: the process that ran it ended</span>" in shown
    assert "7 of 9" not in shown
    assert ", since" not in shown


async def test_what_was_chosen_stays_chosen(watched: Watched, opened: Overview, root: Path) -> None:
    """Where it is not among the few that are offered, too."""
    await large.add_history(root, state_dir(), 60)
    await opened.look()
    pages, session = Pages(opened, Keys(), 80, lambda *_: None), Session("a", "b", 1.0)
    by_name = {each.name: each for each in SECTIONS}
    shown = await pages._shown(watched, by_name["findings"], {"owner": "@team"}, session)
    assert '<option selected value="@team">' in shown
    shown = await pages._shown(watched, by_name["logs"], {"job": "1"}, session)
    assert '<option value="1" selected>#1 code_analysis: done</option>' in shown
    assert shown.count(" selected>") == 1


async def test_a_folder_that_has_gone_is_a_trouble(
    watched: Watched, opened: Overview, root: Path
) -> None:
    await opened.look()
    assert watched.parts[Part.HEALTH].troubles == ()
    aside = root.with_name("aside")
    os.rename(root, aside)
    before = opened.revision
    await opened.look()
    assert Part.HEALTH in {each.part for each in opened.since(before)}
    (trouble,) = watched.parts[Part.HEALTH].troubles
    assert trouble == f"{root} is not there: what is shown of it is as it was"
    os.rename(aside, root)
    await opened.look()
    assert watched.parts[Part.HEALTH].troubles == ()


async def test_a_task_is_asked_for_cancelled_and_asked_for_again(watched: Watched) -> None:
    said = await actions.run(watched, "security_scan")
    assert "(security_scan) is queued" in said
    assert "nothing runs it until" in said
    job = said.split()[1]
    assert await actions.cancel(watched, job) == f"job {job} is cancelled"
    again = await actions.retry(watched, job)
    assert "(security_scan) is queued" in again
    told = await trail(watched)
    assert told.count("queued security_scan asked for on the dashboard") == 2
    assert "cancelled security_scan on request" in told


@pytest.mark.parametrize(
    ("action", "what", "why"),
    [
        ("run", "nothing", "no task"),
        ("run", "notify_deliver", "no task"),
        ("cancel", "99", "no job 99"),
        ("cancel", "../1", "no number"),
        ("retry", "99", "no job 99"),
        ("retry", "²", "no number"),
        ("accept", "nothing", "no automation"),
        ("dismiss", "nothing", "no automation"),
        ("decline", "nothing", "no recommendation"),
    ],
)
async def test_what_there_is_not_cannot_be_acted_on(
    watched: Watched, action: str, what: str, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        await actions.ACTIONS[action](watched, what)


async def test_what_is_remembered_is_paused_and_resumed(watched: Watched, opened: Overview) -> None:
    await actions.pause(watched, "")
    await opened.look()
    assert watched.parts[Part.AUTOMATIONS].activity == "paused"
    await actions.resume(watched, "")
    await opened.look()
    assert watched.parts[Part.AUTOMATIONS].activity == "on"
    assert "dashboard activity was paused" in await trail(watched)
    assert "dashboard activity was resumed" in await trail(watched)


async def offered(root: Path, name: str) -> None:
    """One that is offered, as a cycle leaves it."""
    database = Database(workspace_dir(root) / "automations.db", AUTOMATIONS)
    try:
        made = Automation(name, name, State.OFFERED, "Make its test", "file_operations", 1.0)
        assert await Automations(database).put(made)
    finally:
        await database.close()


async def test_an_automation_is_dismissed(watched: Watched, opened: Overview, root: Path) -> None:
    await offered(root, "make-test")
    await opened.look()
    (listed,) = watched.parts[Part.AUTOMATIONS].automations
    assert listed["state"] == "offered"
    await actions.dismiss(watched, "make-test")
    await opened.look()
    (listed,) = watched.parts[Part.AUTOMATIONS].automations
    assert listed["state"] == "dismissed"
    assert "dashboard make-test was dismissed for now" in await trail(watched)


async def test_what_an_editor_does_not_trust_is_not_tried(
    root: Path, environment: dict[str, str]
) -> None:
    """Whatever was decided on disk, as in another editor."""
    own = root / ".understudy/automations/own.py"
    own.parent.mkdir()
    own.write_text(script("Path('out').write_text('x')", write=["out"]))
    understudy_here("trust", str(root), cwd=root, environment=environment)
    with patch.dict(os.environ, environment, clear=True):
        async with overview({root: False}) as opened:
            (found,) = opened.workspaces.values()
            with pytest.raises(ValueError, match="is not trusted, so nothing is run"):
                await actions.accept(found, "own")


async def test_an_automation_is_accepted_after_its_trial(
    watched: Watched, opened: Overview, root: Path
) -> None:
    runner = Runner()
    try:
        machine = await probe(runner, state_dir())
    finally:
        await runner.close()
    if machine.level is not Level.ISOLATED:
        not_applicable("no script is tried without a sandbox")
    own = root / ".understudy/automations/own.py"
    own.parent.mkdir()
    own.write_text(script("Path('out').write_text('x')", write=["out"]))
    understudy_here("trust", str(root), cwd=root, environment=dict(os.environ))
    said = await actions.accept(watched, "own")
    assert said == "own is active"
    await opened.look()
    (listed,) = watched.parts[Part.AUTOMATIONS].automations
    assert listed["state"] == "active"
    assert "dashboard own was accepted" in await trail(watched)
    assert not (root / "out").exists()
