"""What is done again and again is offered as an automation: created, previewed, run, undone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from understudy.state import workspace_dir
from understudy.store.activity import ACTIVITY, Activity, Did, Log
from understudy.store.automations import AUTOMATIONS, Automations, Execution, Purpose
from understudy.store.database import Database

from ..core.support import PATIENCE, own_environment, understudy, until
from .conftest import Start
from .connection import Refused
from .editor import Buffer, Editor
from .text import Json

DAY = 86_400.0
TEST = '''"""Tests of {0}."""

from shop.{0} import total

pytestmark = pytest.mark.usefixtures("known_machine")


def test_{0}_is_empty() -> None:
    assert total([]) == 0
'''
NAMES = ("cart", "order", "invoice", "voucher", "customer")


async def past(root: Path, state: Path) -> None:
    """A week in which each file got a test."""
    database = Database(workspace_dir(root, state) / "activity.db", ACTIVITY)
    done = []
    for number, name in enumerate(NAMES):
        at = time.time() - (len(NAMES) - number) * DAY
        source, test = f"src/shop/{name}.py", f"tests/test_{name}.py"
        for path, text in ((source, "def total(x):\n    return 0\n"), (test, TEST.format(name))):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        done += [
            Activity(at, Did.CREATED, source, "before"),
            Activity(at + 60, Did.CREATED, test, "before"),
        ]
    await Log(database).add(done, 10_000)
    await database.close()


def ours(actions: dict[str, Any]) -> list[Json]:
    return [each for each in actions.values() if each["kind"] == "refactor.understudy"]


def agreeing(params: Json) -> Json:
    return dict(params["actions"][0])


async def test_a_pattern_becomes_an_automation(start: Start, workspace: Path) -> None:
    editor: Editor = await start()
    await past(workspace, Path(editor.state))
    told, offered = await editor.command("learnNow")
    assert "is offered" in offered
    assert "as you had done it in 3 of 3 cases" in told

    path = workspace / "src/shop/refund.py"
    path.write_text("def total(x):\n    return 0\n")
    buffer = editor.open(path, path.read_text())
    create, preview, later, never = ours(await editor.actions(buffer, "def"))
    title = "create tests/test_{file.stem}.py"
    assert create["title"].startswith(f"Create automation: {title} (seen 5×, saves about ")
    here = "create tests/test_refund.py"
    assert [each["title"] for each in (preview, later, never)] == [
        f"Preview: {here}",
        f"Not now: {title}",
        f"Never: {title}",
    ]
    diff = await editor.command("previewAutomation", *preview["command"]["arguments"])
    assert "+from shop.refund import total\n" in diff
    test = workspace / "tests/test_refund.py"
    assert not test.exists()

    assert await editor.command("createAutomation", *create["command"]["arguments"]) is True
    (script,) = (workspace / ".understudy/automations").iterdir()
    assert script.stat().st_mode & 0o777 == 0o755

    run, preview = ours(await editor.actions(buffer, "def"))
    assert (run["title"], preview["title"]) == (f"Run: {here}", f"Preview: {here}")
    editor.replies["window/showMessageRequest"] = agreeing
    assert await editor.command("runAutomation", *run["command"]["arguments"]) is True
    assert test.read_text() == TEST.format("refund")
    assert ours(await editor.actions(buffer, "def")) == []
    assert await editor.command("runAutomation", *run["command"]["arguments"]) is True
    kept = await runs(workspace, Path(editor.state))
    assert [(each.purpose, each.applied, each.high > 0) for each in kept] == [
        (Purpose.RUN, False, False),  # there was nothing left to do
        (Purpose.RUN, True, True),
        (Purpose.PREVIEW, False, False),
    ]

    assert await editor.command("undoLast") is True
    assert not test.exists()
    assert len(ours(await editor.actions(buffer, "def"))) == 2
    assert "2 of 2 runs succeeded" in await editor.command("showAutomations")
    assert "done 5 times" in await editor.command("showPatterns")
    assert "- varies: file (path)\n" in await editor.command("showPatterns")

    assert await editor.command("undoLast") is True
    assert not script.exists()
    lost = f"nothing runs the automation {script.stem} any more; `understudy automations enable "
    asked, done = (editor.said(f"window/showMessage{each}")[-1] for each in ("Request", ""))
    assert lost in asked["message"]
    assert lost in done["message"]
    assert await editor.command("createAutomation", *create["command"]["arguments"]) is True
    assert script.exists()


async def runs(root: Path, state: Path) -> list[Execution]:
    """The newest first."""
    database = Database(workspace_dir(root, state) / "automations.db", AUTOMATIONS)
    kept = await Automations(database).executions()
    await database.close()
    return kept


async def learned_there(start: Start, workspace: Path) -> tuple[Editor, Buffer]:
    """An editor in which one is offered, and a new file that it fits."""
    editor: Editor = await start()
    await past(workspace, Path(editor.state))
    await editor.command("learnNow")
    return editor, editor.open(workspace / "src/shop/refund.py", "x = 1\n")


async def test_a_dismissed_one_stays_away(start: Start, workspace: Path) -> None:
    editor, buffer = await learned_there(start, workspace)
    _, _, later, _ = ours(await editor.actions(buffer, "x"))
    await editor.command("dismissAutomation", *later["command"]["arguments"])
    assert ours(await editor.actions(buffer, "x")) == []
    await editor.command("learnNow")
    assert ours(await editor.actions(buffer, "x")) == []
    assert "offered" in await editor.command("showAutomations")


async def test_a_dismissed_one_is_not_shown_as_offered(start: Start, workspace: Path) -> None:
    editor, _ = await learned_there(start, workspace)
    where = [str(workspace)]
    (offered,) = await editor.command("automationParameters", *where)
    await editor.command("dismissAutomation", *where, offered["name"], False)
    await learned(editor, lambda told: states(told) == ["dismissed"])
    assert await editor.command("automationParameters", *where) == []


async def test_a_folder_that_is_closed_has_nothing(start: Start, workspace: Path) -> None:
    editor, _ = await learned_there(start, workspace)
    await learned(editor, lambda told: states(told) == ["offered"])
    event = {"added": [], "removed": [{"uri": workspace.as_uri(), "name": "x"}]}
    editor.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    told = await learned(editor, lambda told: told["activity"] == "off")
    assert (told["root"], told["patterns"], told["automations"]) == (str(workspace), [], [])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("{root}", "{name}", [1, 2]), "parameters are an object"),
        ((5, "{name}", {"file": "src/shop/a.py"}), "a folder is named by its path"),
    ],
)
async def test_arguments_of_another_type_are_refused(
    start: Start, workspace: Path, arguments: tuple[Any, ...], why: str
) -> None:
    editor, _ = await learned_there(start, workspace)
    (offered,) = await editor.command("automationParameters", str(workspace))
    names = {"{root}": str(workspace), "{name}": offered["name"]}
    given = [names.get(each, each) if isinstance(each, str) else each for each in arguments]
    assert await editor.command("runAutomation", *given) is None
    await editor.until(lambda: why in said(editor))


async def test_never_is_for_good(start: Start, workspace: Path) -> None:
    editor, buffer = await learned_there(start, workspace)
    *_, never = ours(await editor.actions(buffer, "x"))
    await editor.command("dismissAutomation", *never["command"]["arguments"])
    await editor.command("learnNow")
    assert ours(await editor.actions(buffer, "x")) == []
    assert "retired: you did not want it" in await editor.command("showAutomations")


async def test_what_is_done_in_the_editor_is_written_down(start: Start, workspace: Path) -> None:
    editor: Editor = await start()
    path = workspace / "new.py"
    buffer = editor.open(path.as_uri(), "x = 1\n")
    await editor.command("learnNow")
    editor.save(buffer)
    (workspace / "made.py").write_text("")
    editor.notify(
        "workspace/didCreateFiles", {"files": [{"uri": (workspace / "made.py").as_uri()}]}
    )
    await editor.command("learnNow")
    database = Database(workspace_dir(workspace, Path(editor.state)) / "activity.db", ACTIVITY)
    done = {(each.did, each.text) for each in await Log(database).all()}
    await database.close()
    assert done >= {(Did.CREATED, "new.py"), (Did.SAVED, "new.py"), (Did.CREATED, "made.py")}


async def test_what_was_created_is_offered_after_a_restart(start: Start, workspace: Path) -> None:
    first: Editor = await start()
    await past(workspace, Path(first.state))
    await first.command("learnNow")
    path = workspace / "src/shop/refund.py"
    path.write_text("x = 1\n")
    create, *_ = ours(await first.actions(first.open(path), "x"))
    await first.command("createAutomation", *create["command"]["arguments"])
    await first.exit()

    second: Editor = await start()
    buffer = second.open(path)
    await second.idle()
    assert len(ours(await second.actions(buffer, "x"))) == 2


async def learned(editor: Editor, wanted: Callable[[Json], Any]) -> Json:
    """The news of what is learned for which this holds."""
    told: Json = {}

    def look() -> bool:
        nonlocal told
        told = next((n for n in reversed(editor.said("understudy/learned")) if wanted(n)), {})
        return bool(told)

    await editor.until(look)
    return told


def states(told: Json) -> list[str]:
    return [each["state"] for each in told["automations"]]


async def test_what_is_learned_is_told_when_it_changes(start: Start, workspace: Path) -> None:
    editor: Editor = await start()
    first = await learned(editor, lambda told: True)
    assert first == {
        "root": str(workspace),
        "activity": "on",
        "patterns": [],
        "automations": [],
    }
    await past(workspace, Path(editor.state))
    await editor.command("learnNow")
    told = await learned(editor, lambda told: states(told) == ["offered"])
    (pattern,), (offered,) = told["patterns"], told["automations"]
    assert (pattern["automation"], pattern["whyNot"]) == (offered["name"], "")
    assert pattern["summary"].startswith("files, done 5 times")
    varies, *uses = pattern["evidence"]
    assert varies == "varies: file (path)"
    assert uses[0].endswith("file=src/shop/customer.py")
    assert len(uses) == 5
    assert Path(offered["script"]).parent.name == "drafts"
    assert offered["summary"].startswith("seen 5×")

    where = (str(workspace), offered["name"])
    await editor.command("createAutomation", *where)
    told = await learned(editor, lambda told: states(told) == ["active"])
    assert told["automations"][0]["script"].startswith(str(workspace / ".understudy/automations"))
    await editor.command("disableAutomation", *where)
    told = await learned(editor, lambda told: states(told) == ["disabled"])
    assert told["automations"][0]["lines"][0] == "you disabled it"
    assert await editor.command("automationParameters", *where[:1]) == []
    await editor.command("runAutomation", *where, {"file": "a.py"})
    await editor.until(lambda: "disabled: you disabled it" in said(editor))
    await editor.command("enableAutomation", *where)
    await learned(editor, lambda told: states(told) == ["active"])


async def test_one_that_does_not_stand_its_trial_is_not_enabled(
    start: Start, workspace: Path
) -> None:
    editor: Editor = await start()
    await past(workspace, Path(editor.state))
    await editor.command("learnNow")
    told = await learned(editor, lambda told: states(told) == ["offered"])
    where = (str(workspace), told["automations"][0]["name"])
    await editor.command("createAutomation", *where)
    await editor.command("disableAutomation", *where)
    (script,) = (workspace / ".understudy/automations").iterdir()
    script.write_text(script.read_text() + "\nimport os\nos.system('rm -rf /')\n")
    for command in ("enableAutomation", "createAutomation"):  # an action may be older than that
        shown = len(editor.said("window/showMessage"))
        assert await editor.command(command, *where) is None
        await editor.until(lambda: len(editor.said("window/showMessage")) > shown)  # noqa: B023
        assert "is not accepted, it is disabled: line " in said(editor)
        await learned(editor, lambda told: states(told) == ["disabled"])


async def test_a_pause_is_told(start: Start, workspace: Path) -> None:
    editor: Editor = await start()
    for paused, activity in ((True, "paused"), (False, "on")):
        assert await editor.command("pauseActivity") is paused
        await learned(editor, lambda told: told["activity"] == activity)  # noqa: B023


def said(editor: Editor) -> str:
    return (
        editor.said("window/showMessage")[-1]["message"]
        if editor.said("window/showMessage")
        else ""
    )


CANNOT_ASK = Refused({"code": -32601, "message": "no"})


def refusing(_: Json) -> Json:
    raise CANNOT_ASK


def choosing(params: Json) -> Json:
    """The last one but "Cancel"."""
    return dict([each for each in params["actions"] if each["title"] != "Cancel"][-1])


async def test_what_is_not_given_is_asked_for(start: Start, workspace: Path) -> None:
    editor: Editor = await start()
    await editor.command("runAutomation")
    await editor.until(lambda: "there is no automation so far" in said(editor))
    await past(workspace, Path(editor.state))
    await editor.command("learnNow")
    (known,) = await editor.command("automationParameters", None)
    where = (str(workspace), known["name"])
    assert await editor.command("runAutomation", *where, {"file": "src/shop/a.py"}) is None
    await editor.until(lambda: f"{known['name']} is not active but offered" in said(editor))
    await editor.command("createAutomation", *where)

    editor.replies["window/showMessageRequest"] = lambda _: None
    assert await editor.command("runAutomation") is False
    editor.replies["window/showMessageRequest"] = refusing
    assert await editor.command("previewAutomation") is None
    await editor.until(lambda: f"There are {known['name']}; give the folder" in said(editor))

    editor.replies["window/showMessageRequest"] = choosing
    assert await editor.command("previewAutomation") is None
    question = editor.said("window/showMessageRequest")[-1]
    assert question["message"] == "Which automation?"
    assert [each["title"] for each in question["actions"]] == [known["name"]]
    wanted = f"{known['name']} has to be told file: give them as the command's third argument, such"
    await editor.until(lambda: f'{wanted} as {{"file": "…"}}' in said(editor))
    (workspace / "src/shop/refund.py").write_text("x = 1\n")
    diff = await editor.command("previewAutomation", None, None, {"file": "src/shop/refund.py"})
    assert "+++ b/tests/test_refund.py" in diff


async def test_why_a_run_failed_is_told(start: Start, workspace: Path) -> None:
    editor, _ = await learned_there(start, workspace)
    (known,) = await editor.command("automationParameters", None)
    where = (str(workspace), known["name"], {"file": "src/shop/refund.py"})
    await editor.command("createAutomation", *where)
    (workspace / "tests/test_refund.py").write_text("mine = 1\n")
    why = "It printed last: failed: tests/test_refund.py is there with other content"
    assert await editor.command("runAutomation", *where) is False
    await editor.until(lambda: why in said(editor))
    assert await editor.command("previewAutomation", *where) is None
    told = "window/showMessage"
    await editor.until(lambda: sum(why in e["message"] for e in editor.said(told)) == 2)


@pytest.mark.parametrize("of", ["source", "target"])
async def test_what_is_not_saved_is_not_lost(start: Start, workspace: Path, of: str) -> None:
    """The source is read as it is on disk, and told of; below an edit of the target nothing is
    written."""
    editor: Editor = await start()
    await past(workspace, Path(editor.state))
    await editor.command("learnNow")
    source, test = workspace / "src/shop/refund.py", workspace / "tests/test_refund.py"
    file = editor.open(source, "x = 1\n")
    create = ours(await editor.actions(file, "x"))[0]
    await editor.command("createAutomation", *create["command"]["arguments"])
    run = ours(await editor.actions(file, "x"))[0]
    edited = file
    if of == "target":
        edited = editor.open(test.as_uri(), "")
        editor.edit(edited, "", "mine = 1\n")
    else:
        editor.edit(file, "1", "2")
    editor.replies["window/showMessageRequest"] = agreeing
    done = await editor.command("runAutomation", *run["command"]["arguments"])
    assert bool(done) is (of == "source")
    assert test.exists() == (of == "source")
    if of == "target":
        assert "save test_refund.py first" in said(editor)
    assert edited.text == ("x = 2\n" if of == "source" else "mine = 1\n")
    assert source.read_text() == "x = 1\n"


async def test_only_what_is_asked_for_is_offered(start: Start, workspace: Path) -> None:
    editor: Editor = await start()
    await past(workspace, Path(editor.state))
    await editor.command("learnNow")
    file = editor.open(workspace / "src/shop/refund.py", "x = 1\n")
    offered = {
        kind: len(ours(await editor.actions(file, "x", [kind])))
        for kind in ("quickfix", "source", "refactor", "refactor.understudy", "refactor.extract")
    }
    assert offered == {
        "quickfix": 0,
        "source": 0,
        "refactor": 4,
        "refactor.understudy": 4,
        "refactor.extract": 0,
    }


async def typed(root: Path, state: Path, *lines: str) -> None:
    """A week in which these were typed for one file a day; ``{}`` stands for it."""
    database = Database(workspace_dir(root, state) / "activity.db", ACTIVITY)
    done = []
    for number, name in enumerate(NAMES):
        (root / "docs").mkdir(exist_ok=True)
        (root / f"docs/{name}.md").write_text(f"# {name}\n")
        at = time.time() - (len(NAMES) - number) * DAY
        done += [
            Activity(
                at + 5 * n,
                Did.COMMAND,
                line.replace("{}", f"docs/{name}.md"),
                "t",
                seconds=0.1,
                ok=True,
            )
            for n, line in enumerate(lines)
        ]
    await Log(database).add(done, 10_000)
    await database.close()


EAGER = {"automations": {"minScore": 0.0, "preferredScore": 0.0, "offersPerHundred": 100}}


@pytest.mark.parametrize(
    ("lines", "takes"),
    [
        (("wc -l {}", "sort {} -o {}"), ["file"]),
        (("wc -l docs/cart.md", "sort docs/cart.md -o docs/cart.md"), []),
    ],
)
async def test_commands_that_take_a_file_fit_files_of_its_kind(
    start: Start, workspace: Path, lines: tuple[str, ...], takes: list[str]
) -> None:
    """Those that take none are run by name."""
    editor: Editor = await start(settings=EAGER)
    await typed(workspace, Path(editor.state), *lines)
    await editor.command("learnNow")
    await learned(editor, lambda told: "offered" in states(told))
    (known,) = await editor.command("automationParameters", None)
    assert [each["name"] for each in known["parameters"]] == takes
    document = editor.open(workspace / "docs/more.md", "b\na\n", language="markdown")
    code = editor.open(workspace / "docs/more.py", "x = 1\n")
    assert len(ours(await editor.actions(document, "b"))) == (4 if takes else 0)
    assert ours(await editor.actions(code, "x")) == []
    values = dict.fromkeys(takes, "docs/more.md")
    diff = await editor.command("previewAutomation", None, known["name"], values)
    assert ("+++ b/docs/more.md" in diff) is bool(takes)
    notes = [each["message"] for each in editor.said("window/showMessage")]
    assert not any(each.startswith("Note: ") for each in notes)
    other = dict.fromkeys(takes, "docs/none.py")
    await editor.command("previewAutomation", None, known["name"], other)
    notes = [each["message"] for each in editor.said("window/showMessage")]
    assert any("docs/none.py is none of these." in each for each in notes) is bool(takes)


async def test_on_save_only_where_that_was_switched_on(start: Start, workspace: Path) -> None:
    editor: Editor = await start(settings={"triggers": {"enabled": True}})
    await past(workspace, Path(editor.state))
    await editor.command("learnNow")
    path = workspace / "src/shop/refund.py"
    path.write_text("def total(x):\n    return 0\n")
    buffer = editor.open(path, path.read_text())
    create, *_ = ours(await editor.actions(buffer, "def"))
    assert await editor.command("createAutomation", *create["command"]["arguments"]) is True
    name = create["command"]["arguments"][1]
    test = workspace / "tests/test_refund.py"

    environment = own_environment(workspace.parent, UNDERSTUDY_STATE_DIR=str(editor.state))
    on = ("automations", "enable", name, "--on-save")
    done = await asyncio.to_thread(understudy, *on, cwd=workspace, environment=environment)
    assert done.returncode == 0, done.stderr
    editor.save(buffer)
    await until(test.exists)
    assert test.read_text() == TEST.format("refund")
    assert [e.purpose for e in await runs(workspace, Path(editor.state))] == [Purpose.SAVE]
    editor.replies["window/showMessageRequest"] = agreeing
    assert await editor.command("undoLast") is True
    assert not test.exists()

    mine = editor.open(test.as_uri(), "mine = 1\n")  # not on disk yet
    editor.save(buffer)

    def jobs() -> str:
        return understudy("tasks", "--json", cwd=workspace, environment=environment).stdout

    async with asyncio.timeout(PATIENCE):
        while "is not saved in an editor" not in await asyncio.to_thread(jobs):
            pass  # each look is a process of its own
    assert not test.exists()
    assert mine.text == "mine = 1\n"


async def test_nothing_runs_of_a_workspace_that_is_not_trusted(
    start: Start, workspace: Path
) -> None:
    folder = workspace / ".understudy/automations"
    folder.mkdir(parents=True)
    (folder / "own.py").write_text("open('trap', 'w')\n")
    editor: Editor = await start(trusted=False)
    await past(workspace, Path(editor.state))
    (told,) = await editor.command("learnNow")
    assert "is not trusted" in told
    assert "done 5 times" in await editor.command("showPatterns")
    assert "There is none so far" in await editor.command("showAutomations")
    assert await editor.command("runAutomation", None, "own", {}) is None
    assert not (workspace / "trap").exists()


async def fixed_thrice(root: Path, state: Path) -> None:
    database = Database(workspace_dir(root, state) / "activity.db", ACTIVITY)
    done = [
        Activity(time.time() - day * DAY, Did.FIXED, "F401", "before", old=f"m{day}.py")
        for day in range(1, 4)
    ]
    await Log(database).add(done, 10_000)
    await database.close()


def on_save(actions: dict[str, Any]) -> list[Json]:
    return [each for title, each in actions.items() if "after each save" in title]


async def test_a_fix_that_is_taken_again_and_again_is_offered_on_its_finding(
    start: Start, workspace: Path
) -> None:
    editor: Editor = await start()
    file = editor.open(workspace / "a.py", "import os\nx = 1\n")
    await editor.sees(file, "Ruff F401")
    assert on_save(await editor.actions(file, "os")) == []
    await fixed_thrice(workspace, Path(editor.state))
    await editor.command("learnNow")
    fix, later, _ = on_save(await editor.actions(file, "os"))
    assert fix["title"] == "Fix F401 after each save (you took its fix 3×)"
    assert [each["code"] for each in fix["diagnostics"]] == ["F401"]
    assert on_save(await editor.actions(file, "x =")) == []

    await editor.command("dismissFix", *later["command"]["arguments"])
    assert on_save(await editor.actions(file, "os")) == []

    config = workspace / ".understudy" / "config.yaml"
    await editor.command("fixOnSave", *fix["command"]["arguments"])
    assert config.read_text() == "fixes:\n  onSave:\n    - F401\n"
    assert on_save(await editor.actions(file, "os")) == []


async def test_never_to_fix_a_rule_after_saves_is_for_good(start: Start, workspace: Path) -> None:
    editor: Editor = await start()
    await fixed_thrice(workspace, Path(editor.state))
    await editor.command("learnNow")
    file = editor.open(workspace / "a.py", "import os\n")
    await editor.sees(file, "Ruff F401")
    _, _, never = on_save(await editor.actions(file, "os"))
    assert never["title"] == "Never: Fix F401 after each save"
    await editor.command("dismissFix", *never["command"]["arguments"])
    assert on_save(await editor.actions(file, "os")) == []
    await editor.command("learnNow")
    assert on_save(await editor.actions(file, "os")) == []
