"""The real VS Code with the built extension and the real server, driven through its own window."""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
import sys
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import expect

from tests.core.advisories import serving
from understudy.state import workspace_dir

from ..full_disk import on_full_disk
from ..history import committed
from .code_server import REPOSITORY, CodeServer
from .conftest import Window
from .road import UNUSED_IMPORT, RoadEnds, main_road
from .workbench import STEP_SECONDS, Workbench

pytestmark = pytest.mark.editor

BROKEN_SERVER = REPOSITORY / "tests" / "editors" / "broken_server.py"


def script(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return path


def spoilt(folder: Path, fault: str) -> Path:
    """A Python interpreter whose language server has that fault."""
    python, broken = shlex.quote(sys.executable), shlex.quote(str(BROKEN_SERVER))
    return script(
        folder / "spoilt-python",
        f"export UNDERSTUDY_BROKEN={fault}",
        f'case "$*" in *understudy?lsp) exec {python} -P {broken} {python} "$@";; esac',
        f'exec {python} "$@"',
    )


def test_the_main_road(window: Window) -> None:
    with window() as bench:
        main_road(bench)


# By fault: the step at which the road ends, and how long to wait for a step. What never comes is
# waited for in vain; the other steps show what is wrong at once.
FAULTS = {
    "no-diagnostics": ("findings", 10),
    "no-status": ("status", 10),
    "crash-on-save": ("edit and save", STEP_SECONDS),
    "wrong-edit": ("quick fix", STEP_SECONDS),
}


LONG = ("no-diagnostics", "no-status")
"""What never comes is waited for in vain."""


@pytest.mark.parametrize(
    "fault",
    [pytest.param(each, marks=[pytest.mark.soak] * (each in LONG)) for each in FAULTS],
)
def test_the_main_road_ends_at_a_fault(fault: str, window: Window, tmp_path: Path) -> None:
    last, patience = FAULTS[fault]
    with (
        window(interpreter=spoilt(tmp_path, fault), patience=patience) as bench,
        pytest.raises(RoadEnds, match=f"^{last}:"),
    ):
        main_road(bench)


def test_a_server_that_keeps_crashing_is_told_of_and_can_be_restarted(
    window: Window, tmp_path: Path
) -> None:
    with window(interpreter=spoilt(tmp_path, "crash-on-save")) as bench:
        bench.open_file("app.py")
        # A save may reach the next server, too: then it ends sooner.
        for _ in range(3):
            expect(bench.status).to_have_text(re.compile(r"\d+ errors?|Understudy is not running"))
            if "not running" in bench.status.inner_text():
                break
            dying = [psutil.Process(pid) for pid in bench.server.language_servers()]
            bench.type(" ")
            bench.save()
            _, alive = psutil.wait_procs(dying, STEP_SECONDS)
            assert not alive
            expect(bench.status).not_to_have_text(re.compile(r"\d+ errors?"))
        expect(bench.status).to_have_text(re.compile("Understudy is not running"))
        expect(bench.squiggles).to_have_count(0)
        told = bench.toasts.filter(has_text="ended unexpectedly 3 times")
        told.get_by_role("button", name="Restart").click()
        expect(bench.status).to_have_text(re.compile(r"\d+ errors?"))
        bench.squiggles.first.wait_for()


def test_a_server_that_cannot_start_is_told_of_once(window: Window, tmp_path: Path) -> None:
    python = shlex.quote(sys.executable)
    dying = script(
        tmp_path / "dying-python",
        'case "$*" in *understudy?lsp) exit 1;; esac',
        f'exec {python} "$@"',
    )
    with window(interpreter=dying) as bench:
        bench.open_file("app.py")
        expect(bench.status).to_have_text(re.compile("Understudy is not running"))
        expect(bench.toasts).to_have_text(re.compile("ended unexpectedly 3 times"))


def test_settings_of_the_editor_reach_the_server_and_defaults_do_not(
    window: Window, project: Path
) -> None:
    # `rules.ignore` has a default in VS Code, which must not outrank the project's value.
    project_settings = project / ".understudy" / "config.yaml"
    editor_settings = project / ".vscode" / "settings.json"
    for path, text in ((project_settings, "rules:\n  ignore: [F401]\n"), (editor_settings, "{}")):
        path.parent.mkdir()
        path.write_text(text)
    with window() as bench:
        bench.open_file("app.py")
        bench.open_problems()
        bench.problem(re.compile("shell=True")).first.wait_for()
        expect(bench.problem(UNUSED_IMPORT)).to_have_count(0)

        editor_settings.write_text(json.dumps({"understudy.rules.ignore": ["S602", "B602"]}))
        bench.problem(UNUSED_IMPORT).wait_for()
        expect(bench.problem(re.compile("shell=True"))).to_have_count(0)


def test_an_interpreter_without_understudy_is_told_of(window: Window, tmp_path: Path) -> None:
    bare = script(tmp_path / "bare-python", 'echo "No module named understudy" >&2', "exit 1")
    with window(interpreter=bare) as bench:
        bench.open_file("app.py")
        expect(bench.status).to_have_text(re.compile("Understudy is not running"))
        told = bench.toasts.filter(has_text="No module named understudy")
        expect(told).to_contain_text(str(bare))
        bench.run_command("Understudy: Report a Problem")
        expect(bench.editor).to_contain_text("No module named understudy")


def test_status_report_and_output_tell_what_runs(window: Window) -> None:
    with window() as bench:
        bench.open_file("app.py")
        expect(bench.status).to_have_text(re.compile(r"\d+ errors?"))
        bench.run_command("Understudy: Show Status")
        expect(bench.dialog).to_contain_text(re.compile(r"ruff \d+\.\d+"))
        bench.page.keyboard.press("Escape")
        bench.run_command("Understudy: Report a Problem")
        expect(bench.editor).to_contain_text(f"Interpreter: {sys.executable} (setting)")
        expect(bench.editor).to_contain_text("Server: running")
        expect(bench.editor).to_contain_text(f"understudy {version('understudy')}")
        bench.run_command("Understudy: Show Output")
        bench.page.locator(".output-view").get_by_text(sys.executable).first.wait_for()


def test_what_runs_short_is_told_until_somebody_knows(window: Window, tmp_path: Path) -> None:
    with window(interpreter=on_full_disk(tmp_path)) as bench:
        bench.open_file("app.py")
        expect(bench.machine).to_have_text(re.compile(r"disk \d+ %"))
        bench.machine.click()
        page = bench.page.frame_locator("iframe.webview.ready").frame_locator("#active-frame")
        expect(page.locator("h1")).to_have_text("How the machine is")
        row = page.locator("tr", has_text="disk of Understudy's own files").first
        expect(row).to_contain_text("runs short now")
        warned = bench.machine.locator("xpath=self::*[contains(@class, 'warning-kind')]")
        expect(warned).to_have_count(1)
        bench.run_command("Understudy: Acknowledge Resource Warning")
        expect(warned).to_have_count(0)
        expect(bench.machine).to_be_visible()
        bench.toasts.filter(has_text="Noted: the status bar is quiet").wait_for()


def test_what_is_recommended_is_picked_from_a_list_and_done(window: Window, project: Path) -> None:
    makefile = project / "Makefile"
    makefile.write_text("all:\n\t$(MAKE) docs\n\ndocs:\n\tpython -m pydoc\n")
    (project / "docs").mkdir()
    with window() as bench:
        bench.open_file("app.py")
        expect(bench.squiggles.first).to_be_visible()
        bench.run_command("Understudy: Do a Recommendation…")
        bench.pick("Declare docs as phony")
        question = bench.toasts.filter(has_text="Declare docs as phony, in Makefile?")
        question.get_by_role("button", name="Write", exact=True).click()
        bench.toasts.filter(has_text="Written into Makefile.").wait_for()
        assert ".PHONY: docs" in makefile.read_text()


def test_a_notebook_shows_findings_at_its_cells(window: Window, project: Path) -> None:
    cells = ["import os", "y = 1\nx = eval('1')"]
    code: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": each,
        }
        for each in cells
    ]
    metadata = {"language_info": {"name": "python"}}
    table = {"nbformat": 4, "nbformat_minor": 4, "metadata": metadata, "cells": code}
    (project / "b.ipynb").write_text(json.dumps(table))
    with window() as bench:
        expect(bench.status).to_be_visible()  # before, VS Code would show the notebook as text
        bench.file("b.ipynb").dblclick()
        bench.page.locator(".notebook-editor .cell-list-container").first.wait_for()
        bench.open_problems()
        for cell, kind in ((0, "warning"), (1, "error")):
            shown = bench.page.locator(".notebook-editor .code-cell-row").nth(cell)
            expect(shown.locator(f".squiggly-{kind}")).to_have_count(1)
        expect(
            bench.problem(re.compile("ast.literal_eval.*at line 2 and character 5"))
        ).to_have_count(1)
        expect(bench.problem(UNUSED_IMPORT)).to_have_count(1)


def test_tasks_are_run_shown_and_cancelled(window: Window, project: Path) -> None:
    config = project / ".understudy" / "config.yaml"
    config.parent.mkdir()
    program = "import time; print('here we are', flush=True); time.sleep(1000)"
    waiting = [sys.executable, "-c", program]
    config.write_text(json.dumps({"tasks": {"custom": {"wait": {"command": waiting}}}}))
    with window() as bench:
        bench.open_file("app.py")
        expect(bench.status).to_have_text(re.compile(r"\d+ errors?"))
        bench.page.locator(".pane-header", has_text="Understudy Tasks").click()
        bench.run_command("Understudy: Run Task…")
        bench.pick("Security scan")
        bench.task("History").click()
        expect(bench.task(re.compile(r"Security scan.*issues"))).to_be_visible()
        bench.run_command("Understudy: Run Task…")
        bench.pick("wait")
        running = bench.task(re.compile("wait.*running"))
        running.click()
        output = bench.page.locator(".output-view .view-lines")
        expect(output).to_contain_text("here we are")
        bench.run_command("Understudy: Cancel Task…")
        bench.pick("wait")
        expect(bench.task(re.compile("wait.*cancelled"))).to_be_visible()


def test_a_dependency_is_raised(window: Window, project: Path) -> None:
    manifest = project / "requirements.txt"
    manifest.write_text("# 😀\nrequests==2.19.0  # 😀\n")
    (project / ".vscode").mkdir()
    with serving() as service:
        settings = {"understudy.audit.osvUrl": service.url}
        (project / ".vscode" / "settings.json").write_text(json.dumps(settings))
        with window() as bench:
            bench.open_file("requirements.txt")
            expect(bench.status).to_be_visible()
            bench.page.locator(".pane-header", has_text="Understudy Tasks").click()
            bench.run_command("Understudy: Run Task…")
            bench.pick("Dependency audit")
            bench.task("History").click()
            expect(bench.task(re.compile(r"Dependency audit.*1 issue"))).to_be_visible()
            bench.squiggles.first.wait_for()
            bench.go_to(2, 1)
            bench.choose(bench.open_quick_fixes(), "Raise requests to 2.20.0")
            bench.save()
            assert manifest.read_text() == "# 😀\nrequests==2.20.0  # 😀\n"
            bench.run_command("Understudy: Run Task…")
            bench.pick("Dependency audit")
            expect(bench.squiggles).to_have_count(0)


def test_a_file_that_is_no_code_is_looked_at_when_it_is_opened(
    window: Window, project: Path
) -> None:
    (project / "shop.properties").write_text("# 😀\nDB_PASSWORD=Xk29vQpLm3Zw81Rt\n")
    (project / ".vscode").mkdir()
    settings = {"understudy.secrets.enabled": True}
    (project / ".vscode" / "settings.json").write_text(json.dumps(settings))
    with window() as bench:
        bench.open_file("shop.properties")
        bench.squiggles.first.wait_for()
        bench.go_to(2, 1)
        bench.choose(bench.open_quick_fixes(), "Ignore KeywordDetector here")
        bench.save()
        expect(bench.squiggles).to_have_count(0)


def test_a_lens_runs_its_test_and_a_task_is_asked_for_what_it_lacks(
    window: Window, project: Path
) -> None:
    program = ["-c", "import sys; print('released', sys.argv[1:])"]
    release = {
        "command": [sys.executable, *program, "${{ part }}", "${{ notes }}"],
        "ask": {"part": {"choices": ["minor", "major"]}, "notes": {"text": "What is new?"}},
    }
    python = ["export PYTEST_DISABLE_PLUGIN_AUTOLOAD=1", f'exec "{sys.executable}" "$@"']
    script(project / ".venv" / "bin" / "python", *python)
    config = project / ".understudy" / "config.yaml"
    config.parent.mkdir()
    config.write_text(json.dumps({"tasks": {"custom": {"release": release}}}))
    (project / "pytest.ini").touch()
    tests = "def test_bad():\n    assert 1 == 2\n\n\ndef test_good():\n    pass\n"
    (project / "test_it.py").write_text(tests)
    with window() as bench:
        bench.open_file("test_it.py")
        expect(bench.lens("Run file")).to_have_count(1)
        expect(bench.lens("Run test")).to_have_count(2)
        bench.page.locator(".pane-header", has_text="Understudy Tasks").click()
        bench.lens("Run test").nth(1).click()
        bench.task("History").click()
        expect(bench.task(re.compile(r"Tests\s*1 passed, "))).to_be_visible()
        bench.run_command("Understudy: Run Task…")
        bench.pick("release")
        bench.pick("major")
        bench.answer("What is new?", "Plenty")
        released = bench.task(re.compile(r"release"))
        released.first.click()
        output = bench.page.locator(".output-view .view-lines")
        expect(output).to_contain_text("released ['major', 'Plenty']")


def test_nothing_of_the_workspace_runs_before_it_is_trusted(
    window: Window, project: Path, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"

    def trap(path: Path, program: str) -> str:
        return str(script(path, f"echo $0 >>{shlex.quote(str(ran))}", f'exec {program} "$@"'))

    python = trap(project / ".venv" / "bin" / "python", shlex.quote(sys.executable))
    settings = {
        "understudy.server.interpreter": python,
        "understudy.bandit.interpreter": python,
        "understudy.ruff.path": trap(project / "ruff", f"{shlex.quote(sys.executable)} -m ruff"),
    }
    (project / ".vscode").mkdir()
    (project / ".vscode" / "settings.json").write_text(json.dumps(settings))

    with window(interpreter=None, trust=False) as bench:
        bench.open_file("app.py")
        bench.toasts.filter(has_text="setting up its Python environment").wait_for()
        expect(bench.status).to_have_text(re.compile(r"\d+ errors?"))
        bench.run_command("Understudy: Scan Workspace")
        bench.toasts.filter(has_text="checked").wait_for()
        assert not ran.exists(), ran.read_text()
        untrusted = bench.server.language_servers()

        bench.trust_workspace()
        bench.open_file("app.py")
        bench.squiggles.first.wait_for()
        bench.run_command("Understudy: Report a Problem")
        expect(bench.editor).to_contain_text(f"{python} (setting)")
        expect(bench.editor).to_contain_text("Workspace: trusted")
        assert ran.exists()
        assert bench.server.language_servers().isdisjoint(untrusted)


def test_a_command_is_tried_in_the_sandbox_its_changes_made_and_taken_back(
    window: Window, project: Path
) -> None:
    app, new = project / "app.py", project / "new.txt"
    before = app.read_text()
    with window() as bench:
        bench.open_file("app.py")
        expect(bench.status).to_have_text(re.compile(r"\d+ errors?"))
        bench.run_command("Understudy: Run in Sandbox…")
        bench.answer(
            "Which command?", "sh -c 'echo tried; echo \"# more\" >> app.py; echo x > new.txt'"
        )
        bench.toasts.filter(has_text="Clean. It would change 2 files (1 new).").wait_for()
        output = bench.page.locator(".output-view .view-lines")
        expect(output).to_contain_text("tried")
        bench.run_command("Understudy: Show Changes")
        expect(bench.editor).to_contain_text("+# more")
        assert (app.read_text(), new.exists()) == (before, False)
        bench.run_command("View: Revert and Close Editor")

        bench.run_command("Understudy: Apply")
        bench.confirm_edit()
        for name in ("app.py", "new.txt"):
            bench.page.locator(f'.tab.dirty[data-resource-name="{name}"]').wait_for()
        bench.run_command("File: Save All Files")
        expect(bench.page.locator(".tab.dirty")).to_have_count(0)
        assert (app.read_text(), new.read_text()) == (f"{before}# more\n", "x\n")

        bench.run_command("Understudy: Run in Sandbox…")
        bench.answer("Which command?", "chmod +x app.py")
        bench.toasts.filter(has_text="Clean. It would change 1 file (permissions).").wait_for()
        bench.run_command("Understudy: Apply")
        asked = bench.toasts.filter(has_text="Apply it? It changes the permissions of app.py.")
        asked.get_by_role("button", name="Apply").click()
        bench.toasts.filter(has_text="Applied.").wait_for()
        assert app.stat().st_mode & 0o100
        bench.run_command("Notifications: Show Notifications")
        bench.run_command("Understudy: Undo Last Automation")
        bench.notifications.filter(has_text="Undo “").get_by_role("button", name="Undo").click()
        bench.notifications.filter(has_text="Undone.").wait_for()
        assert not app.stat().st_mode & 0o100


CREATES = "create tests/test_{file.stem}.py"


def learned(bench: Workbench) -> None:
    """What was committed is looked through, and offered in a file that it fits."""
    bench.open_file("refund.py")
    bench.squiggles.first.wait_for()
    bench.run_command("Understudy: Learn Now")
    bench.toasts.filter(has_text="is offered").wait_for()


def accepted(bench: Workbench) -> None:
    bench.go_to(4, 5)  # VS Code shows its bulb when the cursor moves, not when a page was closed
    bench.go_to(1, 8)
    bench.choose(bench.open_quick_fixes(), f"Create automation: {CREATES} (seen 5×, saves about")
    bench.toasts.filter(has_text="Created").wait_for()


def test_what_is_repeated_becomes_an_automation(window: Window, project: Path) -> None:
    committed(project, ("cart", "order", "invoice", "voucher", "customer"))
    source, test = project / "refund.py", project / "tests/test_refund.py"
    source.write_text("import os\n\n\ndef total(items):\n    return len(items)\n")
    with window() as bench:
        learned(bench)
        bench.go_to(1, 8)
        bench.choose(bench.open_quick_fixes(), "Preview: create tests/test_refund.py")
        expect(bench.editor).to_contain_text("+from refund import total")
        assert not test.exists()
        bench.run_command("View: Revert and Close Editor")

        accepted(bench)
        bench.go_to(4, 5)
        bench.go_to(1, 8)
        bench.choose(bench.open_quick_fixes(), "Run: create tests/test_refund.py")
        bench.confirm_edit()
        bench.page.locator('.tab.dirty[data-resource-name="test_refund.py"]').wait_for()
        bench.run_command("File: Save All Files")
        expect(bench.page.locator(".tab.dirty")).to_have_count(0)
        assert "from refund import total" in test.read_text()

        bench.run_command("Understudy: Undo Last Automation")
        asked = bench.toasts.filter(has_text="Undo “automation: ")
        asked.get_by_role("button", name="Undo").click()
        bench.toasts.filter(has_text="Undone.").wait_for()
        assert not test.exists()


def test_automations_have_a_view_and_lose_no_edit(window: Window, project: Path) -> None:
    committed(project, ("cart", "order", "invoice", "voucher", "customer"))
    source, test = project / "refund.py", project / "tests/test_refund.py"
    source.write_text("import os\n\n\ndef total(items):\n    return len(items)\n")
    with window() as bench:
        bench.open_file("refund.py")
        bench.squiggles.first.wait_for()
        pane = bench.page.locator(".pane", has_text="Understudy Automations")
        pane.locator(".pane-header").click()
        bench.run_command("Understudy: Learn Now")
        row = pane.locator(".monaco-list-row").filter(has_text=CREATES).first
        expect(pane.locator(".monaco-list-row").filter(has_text="Offered")).to_be_visible()
        bench.toasts.filter(has_text="is offered").wait_for()  # after which no row changes
        row.hover()
        row.get_by_role("button", name="Create Automation").click()
        expect(pane.locator(".monaco-list-row").filter(has_text="Active")).to_be_visible()

        row.hover()
        row.get_by_role("button", name="Preview Automation…").click()
        expect(bench.editor).to_contain_text("+from refund import total")
        bench.run_command("View: Revert and Close Editor")

        bench.choose_of(row, "Copy Key Binding")
        bench.page.locator('.tab.active[data-resource-name="keybindings.json"]').wait_for()
        binding = bench.page.evaluate("navigator.clipboard.readText()")
        bench.focus_editor()
        bench.page.keyboard.press("Control+A")
        bench.type(f"[{binding}]")
        bench.save()
        bench.run_command("View: Revert and Close Editor")

        bench.focus_editor()
        bench.page.keyboard.press("Control+Home")
        bench.type("# mine\n")
        bench.press_chord("Control+K", "u", bench.page.locator(".bulk-edit-panel"))
        bench.confirm_edit()
        bench.page.locator('.tab.dirty[data-resource-name="test_refund.py"]').wait_for()
        bench.page.locator('.tab.dirty[data-resource-name="refund.py"]').click()
        expect(bench.editor).to_contain_text("# mine")
        assert source.read_text().startswith("import os")
        assert "from refund import total" not in test.read_text()
        bench.page.locator('.tab.dirty[data-resource-name="test_refund.py"]').click()
        expect(bench.editor).to_contain_text("from refund import total")

        item = bench.page.locator('[id="understudy.understudy.activity"]')
        item.click()
        expect(item).to_contain_text("paused")
        item.click()
        expect(item).not_to_contain_text("paused")


def test_nothing_is_written_below_an_edit_that_is_not_saved(window: Window, project: Path) -> None:
    committed(project, ("cart", "order", "invoice", "voucher", "customer"))
    source, test = project / "refund.py", project / "tests/test_refund.py"
    source.write_text("import os\n\n\ndef total(items):\n    return len(items)\n")
    with window() as bench:
        learned(bench)
        bench.run_command("Understudy: Create Automation…")
        bench.pick("offered, seen 5×, saves about")
        bench.toasts.filter(has_text="Created .understudy/automations/create-").wait_for()
        test.write_text("mine = 1\n")
        bench.file("tests").first.click()
        bench.open_file("test_refund.py")
        bench.type("# not saved\n")
        edited = bench.page.locator('.tab.dirty[data-resource-name="test_refund.py"]')
        edited.wait_for()
        test.unlink()  # what the automation makes is not there, but open and edited

        bench.page.locator('.tab[data-resource-name="refund.py"]').click()
        bench.run_command("Understudy: Run Automation…")
        bench.pick("create-tests-test-py")
        bench.toasts.filter(has_text="save test_refund.py first").wait_for()
        assert not test.exists()
        edited.click()
        expect(bench.editor).to_contain_text("# not saved")
        expect(bench.editor).to_contain_text("mine = 1")
        bench.run_command("View: Revert and Close Editor")
        edited.wait_for(state="detached")

        bench.focus_editor()
        bench.run_command("Understudy: Run Automation…")
        bench.pick("create-tests-test-py")
        bench.confirm_edit()
        edited.wait_for()
        bench.run_command("File: Save All Files")
        expect(bench.page.locator(".tab.dirty")).to_have_count(0)
        assert "from refund import total" in test.read_text()
        bench.run_command("Understudy: Undo Last Automation")
        asked = bench.toasts.filter(has_text="Undo “automation: ")
        asked.get_by_role("button", name="Undo").click()
        bench.toasts.filter(has_text="Undone.").wait_for()
        assert not test.exists()


@pytest.mark.parametrize("wanted", [True, False, None])
def test_terminals_are_heard_where_that_is_wanted(
    window: Window, vscode: tuple[CodeServer, Any], project: Path, wanted: bool | None
) -> None:
    """And not where nobody has said anything."""
    (project / ".vscode").mkdir()
    said = {} if wanted is None else {"understudy.activity.terminal": wanted}
    settings = {"terminal.integrated.defaultProfile.linux": "bash"} | said
    (project / ".vscode" / "settings.json").write_text(json.dumps(settings))
    with window() as bench:
        bench.open_file("app.py")
        bench.squiggles.first.wait_for()
        bench.run_command("Terminal: Create New Terminal")
        bench.page.locator(".terminal-wrapper.active .xterm-helper-textarea").wait_for()
        bench.page.keyboard.type("ls app.py nowhere\n")
        bench.page.locator(".terminal-command-decoration.error").first.wait_for()
    log = workspace_dir(project, vscode[0].home / "state") / "activity.db"
    with closing(sqlite3.connect(log)) as database:
        told = database.execute("SELECT text, ok, cwd FROM activity WHERE did = 'command'")
        assert told.fetchall() == ([("ls app.py nowhere", 0, "")] if wanted else [])


def test_the_dashboard_in_a_panel(
    window: Window, project: Path, vscode: tuple[CodeServer, Any]
) -> None:
    """Live, with what is asked for on it, and nothing can be done before it is unlocked."""
    with window() as bench:
        bench.open_file("app.py")
        expect(bench.squiggles.first).to_be_visible()
        bench.run_command("Understudy: Scan Workspace")
        bench.run_command("Understudy: Show Dashboard")
        frame = bench.page.frame_locator("iframe.webview.ready").frame_locator("#active-frame")
        expect(frame.locator("h1")).to_contain_text(project.name)
        expect(frame.locator("#connection")).to_have_text("live")
        colours = frame.locator("body").evaluate(
            "each => [getComputedStyle(each).backgroundColor, getComputedStyle(each).color]"
        )
        assert colours == ["rgb(18, 22, 28)", "rgb(227, 232, 239)"]  # the theme is dark
        expect(frame.locator("#findings")).to_contain_text("app.py")
        frame.locator("#findings-text").fill("nothing is like this")
        expect(frame.locator("#findings")).to_contain_text("No finding is like that.")
        frame.get_by_role("button", name="Unlock actions…").click()
        code = bench.toasts.filter(has_text="The code that unlocks the dashboard")
        expect(code).to_be_visible()
        told = re.search(r"\d{4} \d{4}", code.inner_text())
        assert told is not None
        frame.locator("#code").fill(told[0])
        frame.get_by_role("button", name="Unlock", exact=True).click()
        expect(frame.get_by_role("button", name="Lock", exact=True)).to_be_visible()
        expect(frame.locator("#connection")).to_have_text("live")
        # Where it ends, it is told what to do.
        (served,) = (each for each in vscode[0].processes() if "dashboard" in each.cmdline())
        served.kill()
        expect(frame.locator("#connection")).to_contain_text("not connected")
        frame.get_by_role("button", name="Lock", exact=True).click()
        expect(frame.locator("body")).to_contain_text("“Understudy: Show Dashboard” opens it anew")
        bench.run_command("Understudy: Show Dashboard")
        expect(frame.locator("#connection")).to_have_text("live")
        expect(bench.page.locator(".tab", has_text="Understudy Dashboard")).to_have_count(1)


def test_the_report_in_a_panel(window: Window, project: Path) -> None:
    """The page is shown as it is, without script, in the editor's colours, and can be walked."""
    with window() as bench:
        bench.open_file("app.py")
        expect(bench.squiggles.first).to_be_visible()
        bench.run_command("Understudy: Show Efficiency Report")
        frame = bench.page.frame_locator("iframe.webview.ready").frame_locator("#active-frame")
        expect(frame.locator("h1")).to_have_text(f"Understudy in {project.name}")
        costs = frame.locator("#costs")
        expect(costs.locator("table").first).to_contain_text("ruff")
        assert frame.locator("script:not([data-vscode])").count() == 0
        paper = frame.locator("body").evaluate("each => getComputedStyle(each).backgroundColor")
        assert paper == "rgb(20, 23, 29)"  # the theme of the tests is dark
        frame.locator("nav a", has_text="What it took").click()
        expect(costs).to_be_in_viewport()
        # Asked for again it is the same panel.
        bench.run_command("Understudy: Show Efficiency Report")
        expect(bench.page.locator(".tab", has_text="Efficiency Report")).to_have_count(1)
