"""Drives the real VS Code workbench: code-server in its own process group, and Chromium.

Waits are for events of the page, never for time; a time-out names what was waited for.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Self

import psutil
from playwright.sync_api import BrowserContext, Locator, Page, Playwright, ViewportSize, expect

REPOSITORY = Path(__file__).parents[3]
EDITORS = Path(os.environ.get("UNDERSTUDY_EDITORS", REPOSITORY / ".cache" / "editors"))
NODE = REPOSITORY / ".cache" / "node" / "node"
CODE_SERVER = EDITORS / "vscode" / "node_modules" / "code-server" / "out" / "node" / "entry.js"
EXTENSION = REPOSITORY / "client-vscode" / "dist" / "understudy.vsix"
SAMPLE = REPOSITORY / "tests" / "samples" / "shop"

READY_SECONDS = 60
STEP_SECONDS = 20
# High enough for every row of the Problems panel that a test looks for: the page has visible rows
# only, and the panel's own filter does not notice a row that comes later.
SIZE: ViewportSize = {"width": 1280, "height": 1100}

# A workbench that does nothing of its own accord.
CALM = {
    "workbench.startupEditor": "none",
    "workbench.reduceMotion": "on",
    "workbench.tips.enabled": False,
    "workbench.colorTheme": "Default Dark Modern",
    "window.commandCenter": False,
    "workbench.layoutControl.enabled": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "chat.disableAIFeatures": True,
    "extensions.autoUpdate": False,
    "extensions.ignoreRecommendations": True,
    "files.autoSave": "off",
    "git.enabled": False,
    "update.mode": "none",
    "telemetry.telemetryLevel": "off",
    "security.workspace.trust.banner": "never",
    "security.workspace.trust.startupPrompt": "never",
}


def chromium() -> str | None:
    """The Chromium to drive: UNDERSTUDY_CHROMIUM, else the first one on PATH."""
    names = [os.environ.get("UNDERSTUDY_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    return next((path for name in names if name and (path := shutil.which(name))), None)


def missing() -> str | None:
    """What the driver lacks, with what to do; None if it can run."""
    if not NODE.exists() or not CODE_SERVER.exists():
        return "code-server is not installed: run tests/editors/install_vscode.sh"
    if chromium() is None:
        return "Chromium is not installed: run tests/editors/install_vscode.sh"
    if not EXTENSION.exists():
        return "the extension is not built: run make vsix"
    return None


class VSCode:
    """A code-server with the built extension and a browser, both running. It reaches loopback only,
    and writes in `home` only, a folder with a short path: sockets are made in it.

    Windows are opened one after the other; each finds the settings that it was opened with.
    """

    def __init__(self, home: Path, variables: dict[str, str]) -> None:
        self.home = home
        self.extensions = home / "extensions"
        self._state = str(home / "state")
        self._variables = variables
        self._context: BrowserContext | None = None
        self._address = ""

    @classmethod
    @contextmanager
    def running(
        cls, playwright: Playwright, home: Path, variables: dict[str, str] | None = None
    ) -> Iterator[Self]:
        """Afterwards the process group of code-server is gone."""
        vscode = cls(home, variables or {})
        (home / "config.yaml").write_text("bind-addr: 127.0.0.1:0\nauth: none\ncert: false\n")
        vscode._install_extension()
        process = subprocess.Popen(
            vscode._command(
                *("--disable-telemetry", "--disable-update-check"),
                *("--disable-getting-started-override", "--reconnection-grace-time=1"),
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=vscode._environment,
            cwd=home,
            start_new_session=True,
        )
        assert process.stdout
        try:
            vscode._address = vscode._read_address(process.stdout)
            browser = playwright.chromium.launch(
                executable_path=chromium(),
                args=[
                    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
                    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                ],
            )
            with browser:
                vscode._context = browser.new_context()
                yield vscode
        finally:
            for number in (signal.SIGTERM, signal.SIGKILL):
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=5)

    @contextmanager
    def window(
        self,
        folder: Path,
        *,
        interpreter: Path | None = Path(sys.executable),
        trust: bool = True,
        patience: float = STEP_SECONDS,
        failure: Path | None = None,
        size: ViewportSize = SIZE,
    ) -> Iterator[Workbench]:
        """A window on `folder`; the settings name `interpreter` for the language server.

        Without `trust` it opens in restricted mode. `patience`: seconds that a step may take.
        What the window shows when the body fails is saved to `failure`, a PNG file.
        """
        user = CALM | {"security.workspace.trust.enabled": not trust}
        # Settings of the scope "machine-overridable" are read from the file of the machine alone.
        machine = {"understudy.server.interpreter": str(interpreter or "")}
        for layer, settings in (("User", user), ("Machine", machine)):
            path = self.home / "data" / layer / "settings.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(settings))
        assert self._context
        page = self._context.new_page()
        page.set_viewport_size(size)
        page.on("dialog", lambda dialog: dialog.accept())
        try:
            yield Workbench(page, self, f"{self._address}/?folder={folder}", folder, patience)
        except BaseException:
            if failure:
                page.screenshot(path=failure)
            raise
        finally:
            # Only a page that is left says good-bye to its extension host.
            page.goto("about:blank")
            page.close()

    def _command(self, *arguments: str) -> list[str]:
        return [
            *(str(NODE), str(CODE_SERVER), "--config", str(self.home / "config.yaml")),
            *("--user-data-dir", str(self.home / "data")),
            *("--extensions-dir", str(self.extensions), *arguments),
        ]

    @property
    def _environment(self) -> dict[str, str]:
        kept = ("PATH", "LANG", "LC_ALL", "COVERAGE_PROCESS_CONFIG", "PIP_CERT", "SSL_CERT_FILE")
        inherited = {name: os.environ[name] for name in kept if name in os.environ}
        own = {
            "HOME": str(self.home),
            "TMPDIR": str(self.home),
            "UNDERSTUDY_STATE_DIR": self._state,
            "EXTENSIONS_GALLERY": '{"serviceUrl": ""}',
        }
        return inherited | own | self._variables

    def _install_extension(self) -> None:
        subprocess.run(
            self._command("--install-extension", str(EXTENSION)),
            env=self._environment,
            cwd=self.home,
            check=True,
            capture_output=True,
            timeout=READY_SECONDS,
        )

    def processes(self) -> list[psutil.Process]:
        """Everything that was started with this environment, detached or not."""
        return [each for each in psutil.process_iter() if _state(each) == self._state]

    def language_servers(self) -> set[int]:
        """The process ids of the language servers, without what they forked."""
        command = ["-m", "understudy", "lsp"]
        found = {each.pid: each for each in self.processes() if each.cmdline()[-3:] == command}
        return {pid for pid, each in found.items() if each.ppid() not in found}

    def _read_address(self, output: IO[bytes]) -> str:
        """Waits until code-server names its port; from then on its output goes to the log alone."""
        seen = b""
        for line in output:
            seen += line
            if found := re.search(rb"listening on (http://\S+)", line):
                break
        else:
            raise RuntimeError(f"code-server ended:\n{seen.decode(errors='replace')}")

        def keep() -> None:
            with (self.home / "log").open("wb") as log, output:
                log.write(seen)
                shutil.copyfileobj(output, log)

        threading.Thread(target=keep, daemon=True).start()
        return found[1].decode().rstrip("/")


def _state(process: psutil.Process) -> str | None:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return process.environ().get("UNDERSTUDY_STATE_DIR")
    except psutil.Error:
        return None


class Workbench:
    """One window on one folder. Its methods do what a person does with the keyboard, and wait up to
    `patience` seconds for the result."""

    def __init__(
        self, page: Page, vscode: VSCode, address: str, folder: Path, patience: float
    ) -> None:
        self.page = page
        self.vscode = vscode
        self.folder = folder
        page.set_default_timeout(patience * 1000)
        expect.set_options(timeout=patience * 1000)
        page.goto(address, timeout=READY_SECONDS * 1000)
        page.locator(".monaco-workbench .statusbar").wait_for(timeout=READY_SECONDS * 1000)

    @property
    def status(self) -> Locator:
        return self.page.locator('[id="understudy.understudy.status"]')

    @property
    def editor(self) -> Locator:
        """The lines that the active editor shows."""
        return self.page.locator(".editor-group-container.active .view-lines").first

    @property
    def squiggles(self) -> Locator:
        return self.page.locator(".editor-instance").locator(".squiggly-error, .squiggly-warning")

    def explorer_row(self, name: str) -> Locator:
        """A file in the Explorer; its label tells how many problems it has."""
        return self.page.locator(f'.explorer-folders-view .monaco-list-row[aria-label^="{name}"]')

    @property
    def toasts(self) -> Locator:
        return self.page.locator(".notifications-toasts .notification-toast")

    def problem(self, text: str | re.Pattern[str]) -> Locator:
        """Rows of the Problems panel by their label: message, line, column and source."""
        rows = self.page.locator(".markers-panel .monaco-list-row")
        return rows.and_(self.page.get_by_label(text))

    def open_file(self, name: str) -> None:
        self._pick("Control+P", name)
        self.page.locator(f'.tab.active[data-resource-name="{name}"]').wait_for()
        self.focus_editor()

    def open_problems(self) -> None:
        self.page.keyboard.press("Control+Shift+M")
        self.page.locator(".markers-panel .monaco-list").wait_for()

    def run_command(self, title: str) -> None:
        self._pick("F1", f">{title}", row=title)

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
        self._pick("Control+G", f":{line}:{column}")
        self.page.locator(".editor-instance .monaco-editor.focused").wait_for()

    def type(self, text: str) -> None:
        self.page.keyboard.insert_text(text)

    def save(self) -> None:
        self.page.locator(".tab.active.dirty").wait_for()
        self.page.keyboard.press("Control+S")
        expect(self.page.locator(".tab.active.dirty")).to_have_count(0)

    def open_quick_fixes(self) -> Locator:
        """The rows of the menu at the cursor."""
        self.page.keyboard.press("Control+.")
        rows = self.page.locator(".action-widget .monaco-list-row.action")
        rows.first.wait_for()
        return rows

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

    def _pick(self, key: str, text: str, row: str | None = None) -> None:
        self.page.keyboard.press(key)
        box = self.page.locator(".quick-input-widget .quick-input-box input")
        box.wait_for()
        box.fill(text)
        first = self.page.locator(".quick-input-list .monaco-list-row.focused")
        first.filter(has_text=row or text.lstrip(">")).wait_for() if key != "Control+G" else None
        self.page.keyboard.press("Enter")
        box.wait_for(state="hidden")
