"""Runs code-server, the real VS Code workbench, with the built extension."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Self

import psutil

REPOSITORY = Path(__file__).parents[3]
EDITORS = Path(os.environ.get("UNDERSTUDY_EDITORS", REPOSITORY / ".cache" / "editors"))
NODE = REPOSITORY / ".cache" / "node" / "node"
CODE_SERVER = EDITORS / "vscode" / "node_modules" / "code-server" / "out" / "node" / "entry.js"
EXTENSION = REPOSITORY / "client-vscode" / "dist" / "understudy.vsix"
SAMPLE = REPOSITORY / "tests" / "samples" / "shop"

INSTALL_SECONDS = 60
ENDING_SECONDS = 5

# A workbench that does nothing of its own accord.
CALM = {
    "workbench.startupEditor": "none",
    "workbench.reduceMotion": "on",
    "workbench.tips.enabled": False,
    "workbench.colorTheme": "Default Dark Modern",
    "window.commandCenter": False,
    "editor.minimap.enabled": False,
    "editor.cursorBlinking": "solid",
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


def missing() -> str | None:
    """What is not installed or built, with what to do; None if code-server can run."""
    if not NODE.exists() or not CODE_SERVER.exists():
        return "code-server is not installed: run tests/editors/install_vscode.sh"
    if not EXTENSION.exists():
        return "the extension is not built: run make vsix"
    return None


class CodeServer:
    """A running code-server. It listens on loopback only and writes in `home` only, a folder with a
    short path: sockets are made in it.
    """

    def __init__(self, home: Path, variables: dict[str, str]) -> None:
        self.home = home
        self.extensions = home / "extensions"
        self.logs = home / "data" / "logs"
        self._state = str(home / "state")
        self._variables = variables
        self._address = ""

    @classmethod
    @contextmanager
    def running(cls, home: Path, **variables: str) -> Iterator[Self]:
        """With `variables` added to its environment. Afterwards its process group is gone."""
        server = cls(home, variables)
        (home / "config.yaml").write_text("bind-addr: 127.0.0.1:0\nauth: none\ncert: false\n")
        server._install_extension()
        process = subprocess.Popen(
            server._command(
                *("--disable-telemetry", "--disable-update-check"),
                *("--disable-getting-started-override", "--reconnection-grace-time=1"),
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=server._environment,
            cwd=home,
            start_new_session=True,
        )
        assert process.stdout
        try:
            server._address = server._read_address(process.stdout)
            yield server
        finally:
            for number in (signal.SIGTERM, signal.SIGKILL):
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=ENDING_SECONDS)

    def configure(self, *, interpreter: Path | None, trust: bool, triggers: bool = False) -> None:
        """Settings for the windows that are opened from now on.

        `interpreter` runs the language server. Without `trust`, a window opens in restricted mode,
        and without `triggers` no task starts by itself.
        """
        user = CALM | {"security.workspace.trust.enabled": not trust}
        user["understudy.triggers.enabled"] = triggers
        # Settings of the scope "machine-overridable" are read from the file of the machine alone.
        machine = {"understudy.server.interpreter": str(interpreter or "")}
        for layer, settings in (("User", user), ("Machine", machine)):
            path = self.home / "data" / layer / "settings.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(settings))

    def url(self, folder: Path) -> str:
        return f"{self._address}/?folder={folder}"

    def processes(self) -> list[psutil.Process]:
        """Everything that was started with this environment, detached or not."""
        return [each for each in psutil.process_iter() if _state(each) == self._state]

    def language_servers(self) -> set[int]:
        """The process ids of the language servers, without what they forked."""
        command = ["-m", "understudy", "lsp"]
        found = {}
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                if process.cmdline()[-3:] == command:
                    found[process.pid] = process.ppid()
        return {pid for pid, parent in found.items() if parent not in found}

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
            timeout=INSTALL_SECONDS,
        )

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
