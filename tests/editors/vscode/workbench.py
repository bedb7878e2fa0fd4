"""Drives the VS Code workbench in a headless Chromium.

Waits are for events of the page, never for time; a time-out names what was waited for.
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import (
    BrowserContext,
    Error,
    Locator,
    Page,
    Playwright,
    ViewportSize,
    expect,
)

from benchmarks.dashboard.browser import chromium

from .code_server import CodeServer

READY_SECONDS = 60
STEP_SECONDS = 30
# High enough for every row of the Problems panel that a test looks for: the page has visible rows
# only, and the panel's own filter does not notice a row that comes later.
SIZE: ViewportSize = {"width": 1280, "height": 1100}


@contextmanager
def browser(playwright: Playwright) -> Iterator[BrowserContext]:
    """A headless Chromium that reaches loopback only; its windows share one cache."""
    running = playwright.chromium.launch(
        executable_path=chromium(),
        args=[
            *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        ],
    )
    with running:
        yield running.new_context(permissions=["clipboard-read", "clipboard-write"])


@contextmanager
def open_window(
    context: BrowserContext,
    server: CodeServer,
    folder: Path,
    *,
    interpreter: Path | None = Path(sys.executable),
    trust: bool = True,
    patience: float = STEP_SECONDS,
    failure: Path | None = None,
    size: ViewportSize = SIZE,
) -> Iterator[Workbench]:
    """A window on `folder`, with the settings that `CodeServer.configure` describes.

    `patience`: seconds that a step may take. What the window shows when the body fails is saved to
    `failure`, a PNG file. The next window may be opened when this one is closed.
    """
    server.configure(interpreter=interpreter, trust=trust)
    page = context.new_page()
    page.set_viewport_size(size)
    page.set_default_timeout(patience * 1000)
    expect.set_options(timeout=patience * 1000)
    page.on("dialog", lambda dialog: dialog.accept())
    try:
        page.goto(server.url(folder), timeout=READY_SECONDS * 1000)
        page.locator(".monaco-workbench .statusbar").wait_for(timeout=READY_SECONDS * 1000)
        yield Workbench(page, server, folder)
    except BaseException:
        if failure:
            page.screenshot(path=failure)
        raise
    finally:
        # Only a page that is left says good-bye to its extension host.
        page.goto("about:blank")
        page.close()


_IS_TAKEN = """given => {
    const box = document.querySelector(".quick-input-widget .quick-input-box input");
    return !box || !box.checkVisibility() || box.value !== given;
}"""


class Workbench:
    """One window. Its methods do what a person does with the keyboard, and wait for the result."""

    def __init__(self, page: Page, server: CodeServer, folder: Path) -> None:
        self.page = page
        self.server = server
        self.folder = folder

    @property
    def status(self) -> Locator:
        return self.page.locator('[id="understudy.understudy.status"]')

    @property
    def machine(self) -> Locator:
        return self.page.locator('[id="understudy.understudy.machine"]')

    @property
    def editor(self) -> Locator:
        """The lines that the active editor shows."""
        return self.page.locator(".editor-group-container.active .view-lines").first

    @property
    def squiggles(self) -> Locator:
        return self.page.locator(".editor-instance").locator(".squiggly-error, .squiggly-warning")

    def file(self, name: str) -> Locator:
        """A file in the Explorer; its label is the path, then how many problems the file has."""
        return self.page.locator(f'.explorer-item[aria-label*="/{name}"]')

    @property
    def notifications(self) -> Locator:
        """Those in their list, once that is shown. Of more than three messages within a second, the
        editor shows the others there alone."""
        return self.page.locator(".notifications-center .notification-list-item")

    @property
    def toasts(self) -> Locator:
        return self.page.locator(".notifications-toasts .notification-toast")

    @property
    def dialog(self) -> Locator:
        return self.page.locator(".monaco-dialog-box")

    def problem(self, text: str | re.Pattern[str]) -> Locator:
        """Rows of the Problems panel by their label: message, line, column and source."""
        rows = self.page.locator(".markers-panel .monaco-list-row")
        return rows.and_(self.page.get_by_label(text))

    def open_file(self, name: str) -> None:
        self.file(name).dblclick()
        self.page.locator(f'.tab.active[data-resource-name="{name}"]').wait_for()
        self.focus_editor()

    def open_problems(self) -> None:
        self.page.keyboard.press("Control+Shift+M")
        self.page.locator(".markers-panel .monaco-list").wait_for()

    def run_command(self, title: str) -> None:
        self._ask("F1", f">{title}")
        chosen = self.page.locator(".quick-input-list .monaco-list-row.focused")
        chosen.filter(has_text=title).wait_for()
        self._answer()

    def pick(self, label: str) -> None:
        """In a list that a command shows."""
        chosen = self.page.locator(".quick-input-list .monaco-list-row").filter(has_text=label)
        chosen.first.click()

    def answer(self, question: str, text: str) -> None:
        """In a box that a command shows, with its question below it."""
        self.page.locator(".quick-input-message", has_text=question).wait_for()
        self._box.fill(text)
        self._answer()

    def lens(self, title: str) -> Locator:
        """Code lenses, from above to below."""
        lenses = self.page.locator(".editor-instance .codelens-decoration a")
        return lenses.get_by_text(title, exact=True)

    def task(self, text: str | re.Pattern[str]) -> Locator:
        """Rows of the tasks view, by what they show."""
        rows = self.page.locator(".pane", has_text="Understudy Tasks").locator(".monaco-list-row")
        return rows.filter(has_text=text)

    def trust_workspace(self) -> None:
        self.run_command("Workspaces: Manage Workspace Trust")
        self.page.get_by_role("button", name="Trust", exact=True).click()
        self.page.locator(".workspace-trust-editor.trusted").wait_for()
        self.page.keyboard.press("Control+W")

    def focus_editor(self) -> None:
        self.page.keyboard.press("Control+1")
        self.page.locator(".editor-instance .monaco-editor.focused").wait_for()

    def go_to(self, line: int, column: int) -> None:
        """Puts the cursor there; both count from 1."""
        self.focus_editor()
        self._ask("Control+G", f":{line}:{column}")
        self._answer()
        self.page.locator(".editor-instance .monaco-editor.focused").wait_for()

    def type(self, text: str) -> None:
        self.page.keyboard.insert_text(text)

    def save(self) -> None:
        self.page.locator(".tab.active.dirty").wait_for()
        self.page.keyboard.press("Control+S")
        expect(self.page.locator(".tab.active.dirty")).to_have_count(0)

    def confirm_edit(self) -> None:
        """Ticks all files that the preview of an edit lists, and has it made."""
        panel = self.page.locator(".bulk-edit-panel")
        files = panel.locator(".monaco-list-row[aria-level='1'] .edit-checkbox")
        files.first.wait_for()
        for box in files.all():
            box.click()
            expect(box).to_have_attribute("aria-checked", "true")
        panel.get_by_role("button", name="Apply").click()
        panel.wait_for(state="hidden")

    def press_chord(self, first: str, second: str, shown: Locator) -> None:
        """Two keys that have a meaning of late: until it is known nothing is shown, and a person
        presses them again."""
        for _ in range(4):
            self.page.keyboard.press(first)
            self.page.keyboard.press(second)
            with contextlib.suppress(Error):
                shown.wait_for(timeout=STEP_SECONDS * 1000 / 4)
                return
        raise AssertionError(f"{first} {second} did nothing")

    def open_quick_fixes(self) -> Locator:
        """The rows of the menu at the cursor. It is asked for when the light bulb is there. VS Code
        forgets the question when one of its own comes in between: then a person asks again."""
        self.page.locator('[class*="lightbulb" i]').locator("visible=true").first.wait_for()
        rows = self.page.locator(".action-widget .monaco-list-row.action")
        for _ in range(4):
            self.page.keyboard.press("Control+.")
            with contextlib.suppress(Error):
                rows.first.wait_for(timeout=STEP_SECONDS * 1000 / 4)
                return rows
        raise AssertionError("no menu of quick fixes opened")

    def choose(self, rows: Locator, title: str) -> None:
        """Goes down the menu to the row that begins with `title`, and takes it."""
        expect(rows.filter(has_text=title)).not_to_have_count(0)
        labels = rows.all_inner_texts()
        wanted = next(n for n, label in enumerate(labels) if label.strip().startswith(title))
        for _ in range(wanted):
            self.page.keyboard.press("ArrowDown")
        expect(rows.nth(wanted)).to_have_class(re.compile(r"\bfocused\b"))
        self.page.keyboard.press("Enter")
        rows.first.wait_for(state="detached")

    def choose_of(self, row: Locator, title: str) -> None:
        """From the menu of a row, with Enter: a menu of VS Code hears no click in its first tenth of
        a second, which is longer than a script takes to click."""
        row.click(button="right")
        item = self.page.locator(".monaco-menu .action-item", has_text=title)
        item.hover()
        expect(item).to_have_class(re.compile(r"\bfocused\b"))
        self.page.keyboard.press("Enter")
        item.wait_for(state="detached")

    def _ask(self, key: str, text: str) -> None:
        """Opens the box at the top of the window, and fills it in."""
        self.page.keyboard.press(key)
        self._box.fill(text)

    def _answer(self) -> None:
        """A command may show the box again at once, to ask for something."""
        given = self._box.input_value()
        self.page.keyboard.press("Enter")
        self.page.wait_for_function(_IS_TAKEN, arg=given)

    @property
    def _box(self) -> Locator:
        return self.page.locator(".quick-input-widget .quick-input-box input")
