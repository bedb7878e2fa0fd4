"""``understudy workflows`` and ``understudy recommendations`` in a terminal."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from understudy.app.insights.profiling import opened
from understudy.app.insights.recommending import Rewritten, open_recommending
from understudy.journal.check import Refused
from understudy.settings import Settings
from understudy.spans import Key, Sum
from understudy.state import workspace_dir
from understudy.store.activity import ACTIVITY, Activity, Did, Log
from understudy.store.database import Database
from understudy.store.measured import FILE as MEASURES
from understudy.store.measured import MEASURED, Counts
from understudy.store.recommendations import FILE, RECOMMENDATIONS

from ..needs import missing
from ..unit.test_workflow_definitions import CI, MAKE
from .support import own_environment, tree, understudy, understudy_here

DAY = 86_400.0
RAN = (("outcome", "done"), ("tool", "bandit"))
RUFF = (("outcome", "done"), ("tool", "ruff"))
FILES = {
    ".git/HEAD": "",
    ".github/workflows/ci.yml": CI,
    "Makefile": MAKE.replace("include common.mk\n", ""),
    "requirements.txt": "",
    "package.json": '{"scripts": {"test": "node --test"}}',
    "package-lock.json": "{}",
}


class Place:
    """A project with workflows, and how it is asked about them."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "shop"
        tree(self.root, FILES)
        self.environment = own_environment(folder)
        self.state = workspace_dir(self.root, folder / "state")

    def run(self, *words: str, answers: str = "") -> subprocess.CompletedProcess[str]:
        return understudy_here(*words, cwd=self.root, environment=self.environment, answers=answers)

    def listed(self) -> dict[str, Any]:
        """By rule and place, with what is open and done."""
        done = self.run("recommendations", "list", "--json")
        assert done.returncode == 0, done.stderr
        return {f"{e['rule']} {e['path']}:{e.get('line', '')}": e for e in json.loads(done.stdout)}

    def remember(self, activities: Iterable[Activity]) -> None:
        async def add() -> None:
            database = Database(self.state / "activity.db", ACTIVITY)
            await Log(database).add(activities, 10_000)
            await database.close()

        asyncio.run(add())

    def text(self, path: str) -> str:
        return (self.root / path).read_text()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


CACHE = "no-cache .github/workflows/ci.yml:11"


def test_workflows_are_told_with_score_path_and_places(place: Place) -> None:
    told = place.run("workflows").stdout
    assert ".github/workflows/ci.yml “CI” (github-actions): " in told
    assert "; the critical path is 10 steps: lint → test → package (how long a step" in told
    assert ".github/workflows/ci.yml:11: The job lint installs with pip" in told
    assert "Makefile:9: test needs lost.txt: there is no such target and no such file." in told
    assert "little can be told yet: nothing of what you do is remembered so far" in told
    found = json.loads(place.run("workflows", "--format", "json").stdout)
    by = {each["path"]: each for each in found["workflows"]}
    assert by["Makefile"]["unit"] == "steps"
    assert by[".github/workflows/ci.yml"]["criticalPath"]["jobs"] == ["lint", "test", "package"]
    assert place.run("workflows", "--format", "md").stdout.startswith("# Workflows in ")


def test_a_secret_in_a_definition_is_told_nowhere(place: Place) -> None:
    secrets = "ghp_" + "4bQz9XkW2mLr7VtNcY1pHs6DfGj3RuAe8TiK", "tr0ub4dor&3x", "qK8vN2xW5rT9yB4m"
    deploy = f"curl -u admin:{secrets[1]} https://deploy.example.com/install && npm ci"
    steps = [{"run": f"export TOKEN={secrets[0]}"}, {"run": f"npm ci --token {secrets[2]}"}]
    job = {"runs-on": "x", "steps": steps * 2}
    check = f"eslint . --token {secrets[2]} && tsc --noEmit"
    common = f"include https://me:{secrets[2]}@example.com/common.mk"
    files = {
        ".github/workflows/ci.yml": yaml.safe_dump({"on": "push", "jobs": {"a": job}}),
        "package.json": json.dumps({"scripts": {"deploy": deploy, "check": check}}),
        "Makefile": f"all: one two\none two:\n\tAPI_KEY={secrets[2]} pytest\n{common}\n",
    }
    tree(place.root, files)
    for asked in (
        *(("workflows", "--format", each) for each in ("text", "md", "json")),
        ("recommendations", "list"),
        ("recommendations", "list", "--json"),
    ):
        told = place.run(*asked).stdout
        assert "twice" in told, asked
        assert [each for each in secrets if each in told] == [], asked


def test_escapes_that_stand_for_no_character_keep_nothing_from_being_told(place: Place) -> None:
    odd = "echo \ud800 x"
    tree(place.root, {"package.json": json.dumps({"scripts": {"a": f"{odd} && {odd}"}})})
    for words in (("workflows",), ("recommendations", "list"), ("recommendations", "list")):
        done = place.run(*words)
        assert done.returncode == 0, done.stderr
        assert r"`echo \ud800 x` twice" in done.stdout


def test_no_name_is_more_than_text_on_a_page(place: Place) -> None:
    name = '"[x](http://evil) <img src=x>|\\e[31m\\nsecond"'
    job = f"jobs:\n  {name}:\n    runs-on: x\n    steps: [{{run: make}}]\n"
    tree(place.root, {".github/workflows/ci.yml": f"name: {name}\non: push\n{job}"})
    for asked in (("workflows", "--format", "md"), ("workflows",), ("recommendations",)):
        assert "\x1b" not in place.run(*asked).stdout
    page = place.run("workflows", "--format", "md").stdout
    told = r"\[x\](http://evil) \<img src=x>\|\\x1b\[31m\\nsecond"
    assert f"## .github/workflows/ci.yml “{told}” (github-actions)" in page
    assert f"the critical path is 1 step: {told} (how" in page


def test_nothing_is_there(tmp_path: Path) -> None:
    done = understudy_here("workflows", cwd=tmp_path, environment=own_environment(tmp_path))
    assert done.returncode == 0
    assert "There is no workflow definition here" in done.stdout
    done = understudy_here("recommendations", cwd=tmp_path, environment=own_environment(tmp_path))
    assert (done.returncode, done.stdout) == (0, "")
    assert "There is none that is open" in done.stderr


def test_one_is_shown_accepted_undone_and_comes_back(place: Place) -> None:
    cache = place.listed()[CACHE]
    assert (cache["state"], cache["gainSecondsAWeek"], cache["canBeDone"]) == (
        "proposed",
        None,
        True,
    )
    assert cache["gainUnknown"] == "no run of `pip install -r requirements.txt` was seen here"
    shown = place.run("recommendations", "show", cache["id"]).stdout
    assert "+          cache: pip" in shown
    refused = place.run("recommendations", "accept", cache["id"], answers="n\n")
    assert refused.returncode == 3
    assert place.text(".github/workflows/ci.yml") == CI
    done = place.run("recommendations", "accept", cache["id"], answers="y\n")
    assert done.returncode == 0, done.stderr
    after = place.text(".github/workflows/ci.yml")
    assert after.replace("          cache: pip\n", "") == CI
    assert yaml.safe_load(after)["jobs"]["lint"]["steps"][1]["with"]["cache"] == "pip"
    by_id = {each["id"]: each["state"] for each in place.listed().values()}
    assert by_id[cache["id"]] == "done"
    assert (
        "effect not known: it cannot be measured from here" in place.run("recommendations").stdout
    )
    assert place.run("undo", "--yes").returncode == 0
    assert place.listed()[CACHE]["state"] == "proposed"


@pytest.mark.parametrize(
    ("path", "text", "written"),
    [
        (
            "Makefile",
            "all:\n\techo\ndocs: # x\n\techo\n",
            "all:\n\techo\n.PHONY: docs\ndocs: # x\n\techo\n",
        ),
        (
            "noxfile.py",
            "import os\nimport nox\n\n@nox.session\ndef a(s):\n    s.install('x')\n",
            "import os\nimport nox\nnox.options.reuse_venv = \"yes\"\n\n@nox.session\ndef a(s):\n    s.install('x')\n",
        ),
        ("noxfile.py", "from nox import session\n\n@session\ndef a(s):\n    s.install('x')\n", ""),
    ],
)
def test_lines_are_put_in(tmp_path: Path, path: str, text: str, written: str) -> None:
    place = Place(tmp_path)
    for name in FILES:
        (place.root / name).unlink()
    tree(place.root, {path: text, "docs/index": ""})
    (one,) = place.listed().values()
    done = place.run("recommendations", "accept", one["id"], "--yes")
    assert done.returncode == 0
    assert place.text(path) == (written or text)
    assert [each["state"] for each in place.listed().values()] == [
        "done" if written else "accepted"
    ]


LINT = """\
import { setTimeout } from "node:timers/promises"
import { existsSync, writeFileSync } from "node:fs"
const [own, other] = process.argv.slice(2)
if (!existsSync("built")) process.exit(1)
writeFileSync(own, "")
for (let n = 0; n < 400 && !existsSync(other); n++) await setTimeout(50)
process.exit(existsSync(other) ? 0 : 1)
"""


def test_a_chain_of_checks_becomes_tasks_that_run_at_once(tmp_path: Path) -> None:
    """Each of them waits for the other, so that one after another they would fail."""
    if shutil.which("npm") is None:
        missing("missing: npm")
    place = Place(tmp_path)
    for name in FILES:
        (place.root / name).unlink()
    scripts = {
        "check": "npm run make && npm run lint && eslint b a",
        "make": "node -e \"fs.writeFileSync('built', '')\"",
        "lint": "node lint.mjs a b",
    }
    tool = "web/node_modules/.bin/eslint"
    tree(
        place.root,
        {
            "web/package.json": json.dumps({"scripts": scripts}),
            "web/lint.mjs": LINT,
            tool: '#!/bin/sh\nexec node lint.mjs "$@"\n',
        },
    )
    (place.root / tool).chmod(0o755)
    listed = place.listed()
    chain = listed["in-sequence web/package.json:1"]
    assert "Add the task check-at-once and what it needs: " in chain["how"]
    done = place.run("recommendations", "accept", chain["id"], "--yes")
    assert done.returncode == 0, done.stderr
    assert [e["state"] for e in place.listed().values() if e["id"] == chain["id"]] == ["done"]
    again = place.run("recommendations", "accept", chain["id"], "--yes")
    assert again.returncode == 2
    assert f"the recommendation '{chain['id']}' is done already" in again.stderr
    assert place.run("trust", ".").returncode == 0  # it was done before, though nothing ran then
    ran = understudy("run", "check-at-once", cwd=place.root, environment=place.environment)
    assert ran.returncode == 0, ran.stderr
    told = place.run("workflows").stdout
    assert re.search(r"resources +\d+  (\d+ off: )?measured: at most \S+ [MG]iB, ", told)
    assert place.run("undo", "--yes").returncode == 0
    assert not (place.root / ".understudy/config.yaml").exists()
    assert place.listed()["in-sequence web/package.json:1"]["state"] == "proposed"


def test_what_was_pushed_is_read_from_git(tmp_path: Path) -> None:
    place = Place(tmp_path)
    shutil.rmtree(place.root / ".git")
    elsewhere = tmp_path / "elsewhere.git"

    def git(*words: str) -> None:
        made = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words]
        subprocess.run(made, cwd=place.root, env=place.environment, check=True, capture_output=True)

    git("init", "-q", "-b", "main", ".")
    git("init", "-q", "--bare", str(elsewhere))
    git("remote", "add", "origin", str(elsewhere))
    git("commit", "-q", "--allow-empty", "-m", "a")
    git("push", "-q", "origin", "main:main", "main:x/y")
    now = time.time()
    install = "pip install -r requirements.txt"
    place.remember([Activity(now - 60, Did.COMMAND, install, "shell", seconds=40.0, ok=True)])
    cache = place.listed()[CACHE]
    assert cache["gainSecondsAWeek"] == [0, 80]
    assert cache["gainBasis"] == "as it takes here"
    assert "2 pushes of 1 week from here could start it" in cache["why"]
    assert "gain 0–80 s a week, as it takes here; " in place.run("recommendations").stdout
    done = place.run("recommendations", "accept", cache["id"], "--yes")
    assert done.returncode == 0
    told = place.run("recommendations").stdout
    assert "effect not known: it cannot be measured from here; 0–80 s a week was told" in told


def test_nothing_of_a_workspace_is_run(place: Place) -> None:
    touch = f"touch {place.root}/ran"
    tree(
        place.root,
        {
            "Makefile": f"X := $(shell {touch})\nY != {touch}\nall: $(shell {touch})\n\t{touch}\n-include $(shell {touch})\n",
            "noxfile.py": f"import os, nox\nos.system({touch!r})\n@nox.session\ndef a(s): s.run('x')\n",
            "package.json": json.dumps({"scripts": {"prepare": touch, "a": f"`{touch}`"}}),
            "tox.ini": f"[tox]\nenvlist = a\n[testenv]\ncommands = {touch}\n",
            ".github/workflows/b.yml": f"on: push\njobs: {{a: {{steps: [{{run: !!python/object/apply:os.system ['{touch}']}}]}}}}\n",
        },
    )
    for words in (("workflows",), ("recommendations",)):
        assert place.run(*words).returncode == 0
    assert not (place.root / "ran").exists()


FLAKY = """\
import pathlib, pytest

COUNT = pathlib.Path({count!r})

def test_shaky():
    seen = COUNT.read_text() if COUNT.exists() else ""
    COUNT.write_text(seen + "x")
    assert len(seen) % 2 == 0, "odd"

def test_sound():
    pass
"""


def test_a_test_that_only_sometimes_fails_is_told_with_its_runs(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    settings = {"tasks": {"testRunner": {"interpreter": sys.executable}}}
    text = FLAKY.format(count=str(tmp_path / "count"))
    tree(
        place.root,
        {
            ".understudy/config.yaml": json.dumps(settings),
            "test_it.py": text,
            "pytest.ini": "[pytest]\n",
        },
    )
    assert place.run("trust", ".").returncode == 0

    def ran() -> None:
        done = understudy("run", "test_runner", cwd=place.root, environment=place.environment)
        assert "1 passed" in done.stderr or "2 passed" in done.stderr, done.stderr

    ran()
    assert "no file changed in between" not in place.run("workflows").stdout
    ran()
    told = place.run("workflows").stdout
    assert "test_it.py::test_shaky failed 1× and passed 1× with no file changed in between." in told
    assert "job #2, " in told
    assert "test_sound failed" not in told
    flaky = place.listed()["flaky :0"]
    assert flaky["canBeDone"] is False
    ran()  # the same again, after a file was written
    (place.root / "test_it.py").write_text(f"{text}\n")
    assert "failed 1× and passed 2×" in place.run("workflows").stdout


def test_what_was_lived_is_forgotten_with_the_log(place: Place) -> None:
    now = time.time()
    secret = "pytest --token=ghp_" + "a1B2" * 9
    place.remember(
        Activity(now - day * DAY, Did.COMMAND, secret, "shell", seconds=600.0) for day in range(12)
    )
    assert "waiting :0" in place.listed()
    files = b"".join(each.read_bytes() for each in place.state.glob("recommendations.db*"))
    assert b"You wait for tests" in files
    assert b"ghp_" not in files
    assert place.run("activity", "forget", "--yes").returncode == 0
    left = b"".join(each.read_bytes() for each in place.state.glob("recommendations.db*"))
    assert b"You wait for tests" not in left


def test_one_that_is_dismissed_stays_away(place: Place) -> None:
    cache = place.listed()[CACHE]["id"]
    assert place.run("recommendations", "dismiss", cache).returncode == 0
    assert cache not in place.run("recommendations").stdout
    assert f"{cache}  dismissed: .github/" in place.run("recommendations", "list", "--all").stdout
    unknown = place.run("recommendations", "dismiss", "nothing")
    assert unknown.returncode == 2
    assert "there is no recommendation 'nothing' that is open" in unknown.stderr


def test_what_still_stands_in_its_file_is_not_done_by_a_word(place: Place) -> None:
    cache = place.listed()[CACHE]["id"]
    done = place.run("recommendations", "done", cache)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(".github/workflows/ci.yml:11 is still as it was, so it is not ")
    assert place.listed()[CACHE]["state"] == "proposed"


def test_one_that_is_done_is_shown_with_what_came_of_it(place: Place) -> None:
    cache = place.listed()[CACHE]["id"]
    place.run("recommendations", "accept", cache, "--yes")
    shown = place.run("recommendations", "show", cache)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout in place.run("recommendations").stdout
    assert "effect not known: it cannot be measured from here" in shown.stdout
    told = json.loads(place.run("recommendations", "show", cache, "--json").stdout)
    assert told["state"] == "done"


def test_who_has_done_it_is_told_when_something_is_known_of_that(place: Place) -> None:
    now = time.time()
    waits = [
        Activity(now - n * DAY, Did.COMMAND, "pytest -q", "shell", seconds=90.0, ok=True)
        for n in range(1, 21)
    ]
    place.remember(waits)
    waiting = place.listed()["waiting :0"]["id"]
    done = place.run("recommendations", "done", waiting)
    assert done.stdout == "Done. What came of it is told once a few days have passed.\n"
    assert "too few days since then" in place.run("recommendations", "show", waiting).stdout


def test_odd_files_are_told_of_and_keep_nothing_else_from_being_read(place: Place) -> None:
    (place.root / "Makefile").write_bytes(b"# caf\xe9\nall: all\n\techo\n")
    (place.root / "package.json").write_text(" " * 1_000_001)
    (place.root / "tox.ini").symlink_to("/dev/zero")
    os.mkfifo(place.root / "noxfile.py")
    (place.root / ".github/workflows/pipe.yml").symlink_to(place.root / "noxfile.py")
    found = json.loads(place.run("workflows", "--format", "json").stdout)
    by = {each["path"]: each for each in found["workflows"]}
    assert [each["rule"] for each in by["Makefile"]["issues"]] == ["cycle"]
    assert (by["package.json"]["kind"], by["package.json"]["jobs"]) == ("package.json", [])
    assert "is larger than" in by["package.json"]["problems"][0]["text"]
    assert "not a regular file" in by[".github/workflows/pipe.yml"]["problems"][0]["text"]
    assert {"tox.ini", "noxfile.py"}.isdisjoint(by)
    assert by[".github/workflows/ci.yml"]["issues"]


def test_what_cannot_be_read_has_no_score(tmp_path: Path) -> None:
    place = Place(tmp_path)
    tree(place.root, {"package.json": '{"scripts": {"a": "b"}'})
    told = place.run("workflows").stdout
    assert "package.json (package.json): not read\n  package.json:1: It cannot be read: " in told
    page = place.run("workflows", "--format", "md").stdout
    assert "## package.json (package.json): not read\n\n- package.json:1: It cannot be read" in page
    found = json.loads(place.run("workflows", "--format", "json").stdout)["workflows"]
    (unread,) = [each for each in found if each["path"] == "package.json"]
    assert (unread["score"], unread["parts"]) == (None, {})


def test_what_cannot_be_read_is_not_done(place: Place) -> None:
    cache = place.listed()[CACHE]["id"]
    (place.root / ".github/workflows/ci.yml").write_text("jobs: [\n")
    states = {each["id"]: each["state"] for each in place.listed().values()}
    assert cache not in states or states[cache] == "proposed"
    tree(place.root, FILES)
    assert place.listed()[CACHE]["state"] == "proposed"


def test_waiting_for_tests_is_taken_over_and_its_effect_measured(place: Place) -> None:
    now = time.time()
    waits = [
        Activity(
            now - day * DAY + n * 900, Did.COMMAND, "pytest -q", "shell", seconds=90.0, ok=True
        )
        for day in range(2, 22)
        for n in range(4)
    ]
    place.remember(waits)
    told = place.run("workflows").stdout
    assert "You wait for tests: 80 times, 90 s (median), 90 s at most." in told
    assert re.search(r"time goes to `pytest -q`: \d+–\d+ min a week \(80 runs of 90 s", told)
    waiting = place.listed()["waiting :0"]
    low, high = waiting["gainSecondsAWeek"]
    assert low == 0
    assert 4 * 90 * 5 < high <= 4 * 90 * 7
    done = place.run("recommendations", "accept", waiting["id"], "--yes")
    assert done.returncode == 0, done.stderr
    written = yaml.safe_load(place.text(".understudy/config.yaml"))
    assert written == {"tasks": {"testRunner": {"onChange": True}}}
    (row,) = [
        each for each in place.listed().values() if each["id"] == waiting["id"] and "effect" in each
    ]
    assert row["effect"].startswith("effect not known: too few days since then; 0–4")

    async def long_ago() -> None:
        database = Database(place.state / FILE, RECOMMENDATIONS)
        await database.run(
            lambda c: c.execute("UPDATE recommendations SET done = done - ?", (8 * DAY,))
        )
        await database.close()

    asyncio.run(long_ago())
    (row,) = [
        each for each in place.listed().values() if each["id"] == waiting["id"] and "effect" in each
    ]
    assert row["effect"].startswith("effect: ")
    assert row["gained_low"] is not None


# ── the file is otherwise by now ────────────────────────────────────────────────────────────────


async def timed(place: Place) -> None:
    """What the server took, day by day."""
    today = date.today()  # noqa: DTZ011 - as the server counts days
    async with opened(place.state) as profiles:
        for ago in range(30, 0, -1):
            took = {"data/big.py": 60.0 if ago > 10 else 0.5, "a.py": 2.0, "b.py": 1.0, "c.py": 0.1}
            sums = {Key("merge", file=name): Sum(9, each, each) for name, each in took.items()}
            sums |= {Key("analysis", file=name): Sum(2, each) for name, each in took.items()}
            sums |= {Key("speculation", file=name): Sum(1, each) for name, each in took.items()}
            sums |= {Key("run", attributes=RAN): Sum(9, 40.0, 40.0)}
            sums |= {Key("run", attributes=RUFF): Sum(9, 1.0, 1.0)}
            await profiles.add((today - timedelta(ago)).isoformat(), sums, [], 10, 30)
    for ago, files in ((200, 500), (1, 3)):  # of the first the profile knows nothing any more
        then = partial(date.fromordinal, (today - timedelta(ago)).toordinal())
        counts = Counts(Database(place.state / MEASURES, MEASURED), then)
        for tool in ("bandit", "ruff"):
            counts.recalled(tool, files)
        await counts.close()


async def test_what_takes_most_of_the_time_of_checks_can_be_left_out(place: Place) -> None:
    """From what the server has timed, day by day, to a setting; and what came of it."""
    tree(place.root, {"data/big.py": ""})
    await timed(place)
    file, tool = (place.listed()[f"slow-{each} :0"] for each in ("file", "tool"))
    analysed = "the time that all files take that are analysed one by one."
    assert file["what"] == f"data/big.py takes 93 % of {analysed}"
    assert tool["why"][0].endswith(" it took 1200 s, 270 times, 4.4 s each")
    assert file["why"][0].endswith(" it took 1205 s, 90 times, 13.4 s each")
    assert tool["why"][2] == "of 3 answers 3 were known before"
    assert (tool["gainBasis"], tool["canBeDone"]) == ("of the machine, while you go on", True)
    assert "bandit takes 98 % of the time" in place.run("workflows").stdout
    for each in (file, tool):
        done = place.run("recommendations", "accept", each["id"], "--yes")
        assert done.returncode == 0, done.stderr
    written = yaml.safe_load(place.text(".understudy/config.yaml"))
    assert written["analysis"] == {"exclude": ["/data/big.py"], "onIdle": False}
    assert place.listed()["slow-file :"]["state"] == "done"
    connection = sqlite3.connect(place.state / FILE)
    with contextlib.closing(connection), connection:
        connection.execute("UPDATE recommendations SET done = ?", (time.time() - 10.5 * DAY,))
    effect = place.listed()["slow-file :"]["effect"]
    assert (found := re.match(r"effect: (\d+) to (\d+) min a week less \(95 %\); ", effect)), effect
    assert 5 <= int(found[1]) <= 7 <= int(found[2]) + 1
    assert place.run("undo", "--yes").returncode == 0
    assert place.listed()["slow-tool :0"]["state"] == "proposed"


async def test_a_tool_that_is_switched_off_and_a_file_that_is_gone_are_done(place: Place) -> None:
    tree(place.root, {"data/big.py": ""})
    await timed(place)
    listed = place.listed()
    assert [listed[f"slow-{each} :0"]["state"] for each in ("file", "tool")] == ["proposed"] * 2
    tree(place.root, {".understudy/config.yaml": "bandit: {enabled: false}\n"})
    (place.root / "data/big.py").unlink()
    listed = place.listed()
    assert [listed[f"slow-{each} :"]["state"] for each in ("file", "tool")] == ["done"] * 2
    tree(place.root, {"data/big.py": "", ".understudy/config.yaml": ""})
    listed = place.listed()
    assert [listed[f"slow-{each} :0"]["state"] for each in ("file", "tool")] == ["proposed"] * 2


def test_a_link_is_not_written_and_says_so(place: Place, tmp_path: Path) -> None:
    path, outside = place.root / ".github/workflows/ci.yml", tmp_path / "outside.yml"
    cache = place.listed()[CACHE]["id"]
    path.replace(outside)
    path.symlink_to(outside)
    done = place.run("recommendations", "accept", cache, "--yes")
    assert "ci.yml is a link, and only files are written" in done.stderr
    assert "+" not in done.stdout
    assert outside.read_text() == CI
    assert path.is_symlink()


@pytest.mark.parametrize(
    ("content", "told"),
    [(CI.replace("CI", "C\xe9").encode("latin-1"), "ci.yml is not written in UTF-8")],
)
def test_a_file_that_is_not_understood_is_not_written(
    place: Place, content: bytes, told: str
) -> None:
    path = place.root / ".github/workflows/ci.yml"
    path.write_bytes(content)
    done = place.run("recommendations", "accept", place.listed()[CACHE]["id"], "--yes")
    assert f"It cannot be done for you: .github/workflows/{told}." in done.stderr
    assert path.read_bytes() == content


@pytest.mark.parametrize("there", ["mine: true\n", ""])
async def test_a_file_that_came_meanwhile_is_not_written_over(place: Place, there: str) -> None:
    path = place.root / "new/config.yaml"
    async with open_recommending(place.root, Settings()) as found:
        id_ = (await found.look()).stand.open[0].recommendation.id
        new = Rewritten("new/config.yaml", "Set it", None, "ours: true\n")
        path.parent.mkdir()
        path.write_text(there)
        with pytest.raises(Refused):
            await found.accept(id_, new)
        assert path.read_text() == there
        path.unlink()
        path.parent.rmdir()
        await found.accept(id_, new)
        assert path.read_text() == "ours: true\n"


async def test_what_somebody_edited_meanwhile_stays(place: Place) -> None:
    path = place.root / ".github/workflows/ci.yml"
    async with open_recommending(place.root, Settings()) as found:
        outlook = await found.look()
        cache = next(e for e in outlook.stand.open if e.recommendation.rule == "no-cache")
        id_ = cache.recommendation.id
        new = await found.change(cache.recommendation)
        assert new
        path.write_text(CI.replace("name: CI", "name: mine"))
        await found.accept(id_, new)
        assert path.read_text() == new.after.replace("name: CI", "name: mine")
        path.write_text("all of it is otherwise\n")
        with pytest.raises(Refused):
            await found.accept(id_, new)
        assert path.read_text() == "all of it is otherwise\n"
