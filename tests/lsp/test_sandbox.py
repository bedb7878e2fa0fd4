"""Commands that are tried from an editor, and what they would change."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from asyncio.subprocess import DEVNULL
from pathlib import Path
from typing import Any

import psutil
import pytest

from understudy.journal import apply as journal
from understudy.journal.record import Maker
from understudy.state import workspace_dir

from .conftest import Start
from .connection import LATER, Refused
from .editor import CAPABILITIES, Editor
from .processes import survivors
from .text import Json, apply

pytestmark = pytest.mark.usefixtures("known_machine")


def printed(editor: Editor) -> str:
    return "".join(each["text"] for each in editor.said("understudy/sandboxOutput"))


async def test_what_a_command_would_change_is_told_and_nothing_is_changed(
    start: Start, workspace: Path
) -> None:
    editor = await start()
    (workspace / "a.txt").write_text("one\n")
    script = workspace / "change.sh"
    script.write_text("echo '😀 said'; echo two >> a.txt; echo new > new.txt\n")
    answer = await editor.command("runInSandbox", "sh change.sh")
    assert (answer["status"], answer["level"], answer["exitCode"]) == ("clean", "A", 0)
    assert [(each["kind"], each["path"]) for each in answer["changes"]] == [
        ("modified", "a.txt"),
        ("created", "new.txt"),
    ]
    assert printed(editor) == answer["output"] == "😀 said\n"
    (told,) = editor.said("window/showMessage")
    assert told["message"] == "Level A. Clean. It would change 2 files (1 new)."
    diff = await editor.command("showChanges")
    assert "+two\n" in diff
    assert "+++ b/new.txt\n" in diff
    assert (workspace / "a.txt").read_text() == "one\n"
    assert not (workspace / "new.txt").exists()


async def test_what_is_not_saved_is_told_of(start: Start, workspace: Path) -> None:
    editor = await start()
    file = editor.open(workspace / "a.py", "x = 1\n")
    editor.open(workspace / "b.py", "x = 1\n")
    editor.edit(file, "1", "2")
    answer = await editor.command("runInSandbox", "cat a.py")
    assert answer["output"] == "x = 1\n"
    assert "a.py was taken as it is on disk" in answer["said"]
    assert "b.py" not in answer["said"]
    assert await editor.command("showChanges") == "It would change nothing."


async def test_what_cannot_be_tried_is_told(start: Start) -> None:
    editor = await start()
    assert await editor.command("showChanges") is None
    assert await editor.command("runInSandbox") is None
    assert await editor.command("runInSandbox", "echo 'open") is None
    assert await editor.command("runInSandbox", "true", "/nowhere") is None
    unfit: list[list[Any]] = [["true", 5], [["true"]], [[]], [{}], [5], ["true", []]]
    for arguments in unfit:
        assert await editor.command("runInSandbox", *arguments) is None
    assert await editor.command("runInSandbox", "echo " + "x " * 1_000_000) is None
    null = await editor.command("runInSandbox", "echo a\0b")
    assert (null["status"], null["id"]) == ("refused", 0)
    told = [each["message"] for each in editor.said("window/showMessage")]
    assert [each.partition(": ")[2] for each in told] == [
        "nothing was tried in the sandbox.",
        "no command was named.",
        "No closing quotation.",
        "one folder has to be named of those that are open (none).",
        *["a command in one line is wanted, and a folder."] * len(unfit),
        "a command of more than 131072 characters cannot be run.",
        "a null byte, or half a character, cannot be given to a program. It would change nothing.",
    ]


async def test_it_is_shown_and_can_be_cancelled(start: Start, workspace: Path) -> None:
    editor = await start()
    os.mkfifo(workspace / "never")
    running = asyncio.ensure_future(editor.command("runInSandbox", "cat never"))
    (created,) = await editor.until(lambda: editor.said("window/workDoneProgress/create"))
    await editor.until(
        lambda: any(each["value"]["kind"] == "begin" for each in editor.said("$/progress"))
    )
    editor.notify("window/workDoneProgress/cancel", {"token": created["token"]})
    assert await running is None
    (told,) = editor.said("window/showMessage")
    assert "it was cancelled" in told["message"]


def running(editor: Editor, word: str) -> list[int]:
    below = psutil.Process(editor.process.pid).children(recursive=True)
    return [each.pid for each in below if word in " ".join(each.cmdline())]


async def test_a_cancelled_request_ends_its_command(start: Start, workspace: Path) -> None:
    editor = await start()
    os.mkfifo(workspace / "never")
    command = {
        "command": "understudy.runInSandbox",
        "arguments": ["sh -c 'echo said; exec cat never'"],
    }
    number, answer = editor.ask("workspace/executeCommand", command)
    await editor.until(lambda: printed(editor))
    processes = running(editor, "never")
    editor.notify("$/cancelRequest", {"id": number})
    with pytest.raises(Refused):
        await answer
    assert processes
    assert await survivors(processes, 10) == []
    assert await editor.command("showChanges") is None


async def test_what_was_tried_elsewhere_is_shown_and_applied(start: Start, workspace: Path) -> None:
    editor = await start()
    (workspace / "a.txt").write_text("one\n")
    await editor.command("runInSandbox", "touch b.txt")
    line = ("-m", "understudy", "sandbox", "run", "--", "sh", "-c", "echo two >> a.txt")
    environment = {**os.environ, "UNDERSTUDY_STATE_DIR": str(editor.state)}
    terminal = await asyncio.create_subprocess_exec(
        sys.executable, "-P", *line, cwd=workspace, env=environment, stdout=DEVNULL, stderr=DEVNULL
    )
    assert await terminal.wait() == 0
    assert "+two\n" in await editor.command("showChanges")
    editor.replies["workspace/applyEdit"] = lambda params: made(params, editor.encoding)
    agreeing(editor, "Apply")
    assert await editor.command("applyChanges") is True
    assert (workspace / "a.txt").read_text() == "one\ntwo\n"
    assert not (workspace / "b.txt").exists()


async def test_what_was_asked_about_is_applied_whatever_is_tried_meanwhile(
    start: Start, workspace: Path
) -> None:
    editor = await start()
    (workspace / "precious").write_text("precious\n")
    await editor.command("runInSandbox", "touch good")
    editor.replies["window/showMessageRequest"] = lambda _: LATER
    applying = asyncio.ensure_future(editor.command("applyChanges"))
    (question,) = await editor.until(
        lambda: [e for e in editor.received if e["method"] == "window/showMessageRequest"]
    )
    await editor.command("runInSandbox", "rm precious")
    editor.send({"id": question["id"], "result": {"title": "Apply"}})
    assert await applying is True
    assert (workspace / "good").exists()
    assert (workspace / "precious").exists()


_OPERATIONS = {"documentChanges": True, "resourceOperations": ["create", "rename", "delete"]}
SCRIPT = (
    "printf '%s' '1 😀 two\nthree\n' > edited.txt; printf 'x\n' > deep/new.txt; rm gone.txt; rm -r old;"
    "mv here.txt there.txt"
)


def knowing(**edits: object) -> Json:
    return CAPABILITIES | {"workspace": CAPABILITIES["workspace"] | {"workspaceEdit": edits}}


def plant(root: Path) -> None:
    (root / "edited.txt").write_text("1 😀\nthree\nfour")
    for name in ("gone.txt", "here.txt", "old/a", "old/b/c", "deep/kept"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{name}\n")


def tree(root: Path) -> dict[str, str]:
    files = (each for each in root.rglob("*") if each.is_file())
    return {str(each.relative_to(root)): each.read_text() for each in files}


def made(params: Json, encoding: str) -> Json:
    """What an editor does that makes the edit, and saves."""
    for change in params["edit"]["documentChanges"]:
        match change.get("kind"):
            case "create":
                file = _path(change["uri"])
                assert not file.exists()
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch()
            case "rename":
                _path(change["oldUri"]).rename(_path(change["newUri"]))
            case "delete":
                gone = _path(change["uri"])
                assert gone.is_file() or change["options"]["recursive"]
                shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
            case _:
                file = _path(change["textDocument"]["uri"])
                file.write_text(apply(file.read_text(), change["edits"], encoding))
    return {"applied": True}


def _path(uri: str) -> Path:
    return Path(uri.removeprefix("file://"))


def agreeing(editor: Editor, *answers: str) -> list[str]:
    """What is asked; each question is answered by the next of ``answers``."""
    asked: list[str] = []
    left = list(answers)

    def answer(params: Json) -> Any:
        asked.append(params["message"])
        return {"title": left.pop(0)}

    editor.replies["window/showMessageRequest"] = answer
    return asked


async def test_changes_are_made_by_the_editor(start: Start, workspace: Path) -> None:
    plant(workspace)
    editor = await start(capabilities=knowing(**_OPERATIONS, changeAnnotationSupport={}))
    editor.replies["workspace/applyEdit"] = lambda params: made(params, editor.encoding)
    asked = agreeing(editor)
    before = tree(workspace)
    done = await editor.command("runInSandbox", f'sh -c "{SCRIPT}"')
    assert done["status"] == "clean"
    assert tree(workspace) == before
    assert await editor.command("applyChanges") is True
    (params,) = editor.said("workspace/applyEdit")
    assert tree(workspace) == {
        "pyproject.toml": before["pyproject.toml"],
        "deep/kept": "deep/kept\n",
        "deep/new.txt": "x\n",
        "edited.txt": "1 😀 two\nthree\n",
        "there.txt": "here.txt\n",
    }
    assert not (workspace / "old").exists()
    assert asked == []
    (annotation,) = params["edit"]["changeAnnotations"].values()
    assert annotation["needsConfirmation"] is True
    steps = params["edit"]["documentChanges"]
    marks = [each.get("annotationId") for each in steps if "kind" in each]
    marks += [e.get("annotationId") for each in steps for e in each.get("edits", ())]
    assert set(marks) == {"change"}


@pytest.mark.parametrize(
    ("script", "by_editor"),
    [
        ("echo two >> a.txt", True),
        ("printf two >> a.txt", False),
        ("echo new > new.txt", False),
        ("rm a.txt", False),
        ("mv a.txt b.txt", False),
    ],
)
async def test_an_editor_without_annotations_is_given_texts_alone(
    start: Start, workspace: Path, script: str, by_editor: bool
) -> None:
    """It would make and delete files unseen, with no way back, and ends each with a line."""
    (workspace / "a.txt").write_text("one\n")
    editor = await start(capabilities=knowing(**_OPERATIONS))
    editor.replies["workspace/applyEdit"] = lambda params: made(params, editor.encoding)
    asked = agreeing(editor, "Apply", "Undo")
    before = tree(workspace)
    await editor.command("runInSandbox", f'sh -c "{script}"')
    assert await editor.command("applyChanges") is True
    assert tree(workspace) != before
    assert len(asked) == 1
    edits = editor.said("workspace/applyEdit")
    assert len(edits) == by_editor
    assert all("changeAnnotations" not in each["edit"] for each in edits)
    if not by_editor:
        assert await editor.command("undoLast") is True
        assert tree(workspace) == before


async def test_an_open_document_is_edited_where_it_is_and_has_to_be_saved(
    start: Start, workspace: Path
) -> None:
    editor = await start(capabilities=knowing(**_OPERATIONS, changeAnnotationSupport={}))
    file = editor.open(workspace / "a.py", "x = '😀'\na = 1\nb = 1\ny = 2\n")
    await editor.command("runInSandbox", "sed -i s/2/3/ a.py")
    editor.edit(file, "😀", "😀😀")
    assert await editor.command("applyChanges") is None
    assert "save a.py first" in editor.said("window/showMessage")[-1]["message"]
    editor.save(file)
    assert await editor.command("applyChanges") is True
    assert file.text == "x = '😀😀'\na = 1\nb = 1\ny = 3\n"


async def test_what_no_editor_can_do_is_written_and_taken_back(
    start: Start, workspace: Path
) -> None:
    editor = await start(capabilities=knowing(**_OPERATIONS, changeAnnotationSupport={}))
    (workspace / "run.sh").write_text("true\n")
    (workspace / "run.sh").chmod(0o644)
    asked = agreeing(editor, "Cancel", "Apply", "Undo")
    await editor.command("runInSandbox", "chmod 755 run.sh")
    assert await editor.command("applyChanges") is False
    assert (workspace / "run.sh").stat().st_mode & 0o777 == 0o644
    assert await editor.command("applyChanges") is True
    assert (workspace / "run.sh").stat().st_mode & 0o777 == 0o755
    assert await editor.command("undoLast") is True
    assert (workspace / "run.sh").stat().st_mode & 0o777 == 0o644
    assert editor.said("workspace/applyEdit") == []
    assert asked[0] == (
        "Apply it? It changes the permissions of run.sh. It is written to disk without the editor, "
        "and can be taken back: run.sh gets other permissions."
    )
    assert asked[-1] == (
        "Undo “sandbox: chmod 755 run.sh” (entry 1, less than a minute ago)? "
        "It changes the permissions of run.sh."
    )
    assert await editor.command("undoLast") is False


@pytest.mark.parametrize(
    ("script", "mode"),
    [
        ("umask 077; echo secret > kept/new", 0o600),
        ("echo read > kept/new; chmod 444 kept/new", 0o444),
        ("umask 077; mkdir kept/own; umask 0; echo > kept/own/new", 0o666),
    ],
)
async def test_what_is_new_comes_out_no_wider_than_it_was_tried(
    start: Start, workspace: Path, script: str, mode: int
) -> None:
    editor = await start(capabilities=knowing(**_OPERATIONS, changeAnnotationSupport={}))
    (workspace / "kept").mkdir()
    asked = agreeing(editor, "Apply")
    await editor.command("runInSandbox", f'sh -c "{script}"')
    assert await editor.command("applyChanges") is True
    assert (len(asked), editor.said("workspace/applyEdit")) == (1, [])
    (made,) = (each for each in (workspace / "kept").rglob("new"))
    assert made.stat().st_mode & 0o777 == mode
    for folder in (workspace / "kept").glob("own"):
        assert folder.stat().st_mode & 0o777 == 0o700


async def test_a_file_that_is_its_owners_alone_stays_so(start: Start, workspace: Path) -> None:
    editor = await start(capabilities=knowing(**_OPERATIONS, changeAnnotationSupport={}))
    editor.replies["workspace/applyEdit"] = lambda params: made(params, editor.encoding)
    (workspace / "own.txt").write_text("one\n")
    (workspace / "own.txt").chmod(0o600)
    await editor.command("runInSandbox", "sed -i s/one/two/ own.txt")
    assert await editor.command("applyChanges") is True
    assert (workspace / "own.txt").read_text() == "two\n"
    assert (workspace / "own.txt").stat().st_mode & 0o777 == 0o600
    assert len(editor.said("workspace/applyEdit")) == 1


async def test_what_programs_run_by_themselves_needs_a_word_of_its_own(
    start: Start, workspace: Path
) -> None:
    editor = await start(capabilities=knowing(**_OPERATIONS, changeAnnotationSupport={}))
    asked = agreeing(editor, "Cancel")
    await editor.command("runInSandbox", "sh -c 'mkdir .vscode; echo {} > .vscode/tasks.json'")
    assert await editor.command("applyChanges") is False
    assert ".vscode/tasks.json (by editors)" in asked[0]
    assert editor.said("workspace/applyEdit") == []


async def test_only_what_is_clean_is_applied(start: Start, workspace: Path) -> None:
    editor = await start(capabilities=knowing(**_OPERATIONS))
    await editor.command("runInSandbox", "sh -c 'echo > new; exit 1'")
    assert await editor.command("applyChanges") is None
    assert "only what ended clean is applied" in editor.said("window/showMessage")[-1]["message"]
    assert not (workspace / "new").exists()


# ── taking back what the editor made ────────────────────────────────────────────────────────────

_EDITS = knowing(**_OPERATIONS, changeAnnotationSupport={})


def journal_of(editor: Editor, workspace: Path) -> Path:
    return workspace_dir(workspace, editor.state) / "journal"


def listed(editor: Editor, workspace: Path) -> list[tuple[int, Maker, int, bool]]:
    found = journal.entries(journal_of(editor, workspace))
    return [(each.id, each.maker, each.undoes, each.undone) for each in found]


async def test_what_the_editor_made_is_taken_back_after_a_restart(
    start: Start, workspace: Path
) -> None:
    plant(workspace)
    before = tree(workspace)
    editor = await start(capabilities=_EDITS)
    editor.replies["workspace/applyEdit"] = lambda params: made(params, editor.encoding)
    await editor.command("runInSandbox", f'sh -c "{SCRIPT}"')
    assert await editor.command("applyChanges") is True
    assert listed(editor, workspace) == [(1, Maker.EDITOR, 0, False)]
    after = tree(workspace)
    assert after != before
    await editor.quit()
    editor = await start(capabilities=_EDITS)
    asked = agreeing(editor, "Cancel", "Undo")
    assert await editor.command("undoLast") is False
    assert tree(workspace) == after
    assert await editor.command("undoLast") is True
    assert "sandbox: sh -c" in asked[-1]
    assert tree(workspace) == before
    assert listed(editor, workspace) == [(2, Maker.JOURNAL, 1, False), (1, Maker.EDITOR, 0, True)]
    assert await editor.command("undoLast") is False
    assert editor.said("workspace/applyEdit") == []


@pytest.mark.parametrize("saved", [True, False])
async def test_in_an_open_document_it_is_taken_back_there(
    start: Start, workspace: Path, saved: bool
) -> None:
    editor = await start(capabilities=_EDITS)
    file = editor.open(workspace / "a.py", "x = '😀'\na = 1\nb = 1\ny = 2\n")
    await editor.command("runInSandbox", "sed -i s/2/3/ a.py")
    assert await editor.command("applyChanges") is True
    if saved:
        editor.save(file)
    editor.edit(file, "😀", "😀 typed")
    on_disk = (workspace / "a.py").read_text()
    assert await editor.command("undoLast") is True
    assert file.text == "x = '😀 typed'\na = 1\nb = 1\ny = 2\n"
    assert (workspace / "a.py").read_text() == on_disk
    assert listed(editor, workspace) == [(2, Maker.EDITOR, 1, False), (1, Maker.EDITOR, 0, True)]
    entries = journal.entries(journal_of(editor, workspace))
    assert {each.what for each in entries} == {"sandbox: sed -i s/2/3/ a.py"}


async def test_what_the_editors_own_undo_took_back_is_passed_over(
    start: Start, workspace: Path
) -> None:
    editor = await start(capabilities=_EDITS)
    asked = agreeing(editor, "Apply", "Undo")
    file = editor.open(workspace / "a.py", "x = 1\n")
    await editor.command("runInSandbox", "chmod 755 a.py")
    assert await editor.command("applyChanges") is True
    await editor.command("runInSandbox", "sed -i s/1/2/ a.py")
    assert await editor.command("applyChanges") is True
    editor.rewrite(file, "x = 1\n")
    assert await editor.command("undoLast") is True
    assert "chmod 755" in asked[-1]
    assert not (workspace / "a.py").stat().st_mode & 0o100


def refusing(_: Json) -> Json:
    raise Refused({"code": -32603, "message": "no"})


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (lambda _: {"applied": False}, ""),
        (lambda _: {"applied": False, "failureReason": "no"}, "the editor did not do it: no"),
        (refusing, "the editor did not do it: "),
    ],
)
async def test_what_the_editor_did_not_make_is_in_no_journal(
    start: Start, workspace: Path, reply: Any, told: str
) -> None:
    editor = await start(capabilities=_EDITS)
    editor.replies["workspace/applyEdit"] = reply
    (workspace / "a.py").write_text("x = 1\n")
    await editor.command("runInSandbox", "sed -i s/1/2/ a.py")
    assert await editor.command("applyChanges") is (None if told else False)
    assert told in editor.said("window/showMessage")[-1]["message"]
    assert listed(editor, workspace) == []


async def test_what_the_editor_made_half_of_stays_in_the_journal(
    start: Start, workspace: Path
) -> None:
    editor = await start(capabilities=_EDITS)

    def half(params: Json) -> Json:
        made({"edit": {"documentChanges": params["edit"]["documentChanges"][:1]}}, "utf-16")
        return {"applied": False}

    editor.replies["workspace/applyEdit"] = half
    (workspace / "a.py").write_text("x = 1\n")
    await editor.command("runInSandbox", "sh -c 'echo > new; echo y >> a.py'")
    assert await editor.command("applyChanges") is False
    assert listed(editor, workspace) == [(1, Maker.ASKED, 0, False)]


async def test_a_crash_before_the_answer_has_nothing_rolled_back(
    start: Start, workspace: Path
) -> None:
    plant(workspace)
    editor = await start(capabilities=_EDITS)

    def making(params: Json) -> Json:
        editor.process.kill()
        return made(params, editor.encoding)

    editor.replies["workspace/applyEdit"] = making
    await editor.command("runInSandbox", f'sh -c "{SCRIPT}"')
    with pytest.raises(ConnectionError):
        await editor.command("applyChanges")
    await editor.kill()
    after = tree(workspace)
    assert "deep/new.txt" in after
    store = journal_of(editor, workspace)
    assert journal.recover(store, workspace) == []
    assert tree(workspace) == after
    assert listed(editor, workspace) == [(1, Maker.ASKED, 0, False)]
    editor = await start(capabilities=_EDITS)
    agreeing(editor, "Undo")
    assert await editor.command("undoLast") is True
    assert "deep/new.txt" not in tree(workspace)
