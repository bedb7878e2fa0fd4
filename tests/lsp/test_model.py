"""Whatever happened, in whatever order: what is shown is what a fresh server shows.

A seeded random walk of opening, editing, saving, closing, making, renaming, deleting, configuring,
cancelling and scanning, and of folders that come and go; now and then everything is saved, and a
second server, which knows nothing, is given the same folders, files and buffers. The first has to
scan only once: from then on it keeps up.
"""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from understudy.findings.suppressions import UNUSED

from .editor import Buffer, Editor
from .processes import MARK
from .text import Json

LINES = (
    "import os\n",
    "import subprocess; subprocess.call('ls', shell=True)\n",
    's = "😀"; y = eval("2")\n',
    "assert eval('é') == None  # 한국\n",
    "def f(a):\n    if a:\n        return 1\n    return [x for x in a if x]\n",
    "password = 'hunter2'\n",
    "# a comment\r\n",
    "def broken(:\n",
    "\t\n",
    "x = eval('1')  # nosec  # noqa\n",
)
PROJECTS = (
    '[tool.ruff]\nlint.select = ["F401", "S"]\n',
    '[tool.ruff]\nlint.select = ["F", "E711"]\n[tool.bandit]\nskips = ["B101"]\n',
    "[tool.ruff]\nlint.ignore = ['S']\n",
)
CONFIGURATIONS = (
    "",
    "rules:\n  ignore: [F401, B307]\n",
    "complexity:\n  max: 1\n",
    "bandit:\n  enabled: false\n",
)
INVALID = "rules: [\n"
IGNORED = ("", "pkg0/\n", "m*.py\n!m1*.py\n", "/*.py\nr*.py\n")
SETTINGS: tuple[Json, ...] = (
    {},
    {"severity": {"high": "hint", "low": "warning"}},
    {"ruff": {"enabled": False}},
    {"analysis": {"onIdle": False, "debounceMs": 0}},
    {"analysis": {"idleDelayMs": 50, "exclude": ["pkg0/"]}},
)


class Walk:
    """One user's doings in one editor."""

    def __init__(self, editor: Editor, root: Path, seed: int) -> None:
        self.editor = editor
        self.root = root
        self.random = random.Random(seed)
        self.done: list[str] = []
        self.settings: Json = {}
        self.scans: list[asyncio.Future[object]] = []
        self.number = 0
        self.scanned = False
        self.inner: list[Path] = []
        """Folders below the root that are open as roots, too."""

    # ── what can happen ─────────────────────────────────────────────────────────────────────────

    def note(self, *what: object) -> None:
        """For the report of a failure: the step, and what it was about."""
        words = [str(word).replace(f"{self.root}/", "").replace("file://", "") for word in what]
        self.done[-1] += f"({', '.join(words)})"

    def files(self) -> list[Path]:
        return sorted(self.root.rglob("*.py"))

    def buffer(self) -> Buffer | None:
        buffers = sorted(self.editor.buffers.values(), key=lambda buffer: buffer.uri)
        if not buffers:
            return None
        chosen = self.random.choice(buffers)
        self.note(chosen.uri)
        return chosen

    def text(self) -> str:
        return "".join(self.random.choices(LINES, k=self.random.randrange(5)))

    def closed_file(self) -> Path | None:
        files = [file for file in self.files() if file.as_uri() not in self.editor.buffers]
        if not files:
            return None
        chosen = self.random.choice(files)
        self.note(chosen)
        return chosen

    def create(self) -> None:
        self.number += 1
        file = self.root / f"pkg{self.random.randrange(2)}" / f"m{self.number}.py"
        self.note(file)
        self.editor.open(file, self.text())

    def untitled(self) -> None:
        self.number += 1
        self.editor.open(f"untitled:Untitled-{self.number}", self.text())

    def open(self) -> None:
        if file := self.closed_file():
            self.editor.open(file)

    def edit(self) -> None:
        if buffer := self.buffer():
            places = [
                index
                for index in range(len(buffer.text) + 1)
                if buffer.text[max(0, index - 1) : index + 1] != "\r\n"
            ]
            start = self.random.choice(places)
            end = self.random.choice([i for i in places if start <= i <= start + 20])
            self.editor.type(buffer, start, end, self.random.choice([*LINES, "", "a", "\n"]))

    def save(self) -> None:
        if buffer := self.buffer():
            self.editor.save(buffer)

    def save_all(self) -> None:
        for buffer in self.editor.buffers.values():
            self.editor.save(buffer)

    def close(self) -> None:
        if buffer := self.buffer():
            self.editor.close(buffer)

    def rewrite_on_disk(self) -> None:
        if file := self.closed_file():
            file.write_text(self.text(), newline="")
            self.editor.touch(file)

    def make_on_disk(self) -> None:
        """What a checkout does: files come, or a whole folder at once."""
        self.number += 1
        folder = self.root / f"pkg{self.random.randrange(2)}"
        if self.random.random() < 0.3:
            folder = folder / f"sub{self.number}"
        made = [folder / f"d{self.number}{letter}.py" for letter in "ab"]
        told = made if folder.exists() else [folder]
        folder.mkdir(parents=True, exist_ok=True)
        for file in made:
            file.write_text(self.text(), newline="")
        self.note(*told)
        self.editor.touch(*told)

    def delete_folder(self) -> None:
        folder = self.root / f"pkg{self.random.randrange(2)}"
        below = f"{folder.as_uri()}/"
        if folder.exists() and not any(uri.startswith(below) for uri in self.editor.buffers):
            self.note(folder)
            shutil.rmtree(folder)
            self.editor.touch(deleted=[folder])

    def delete(self) -> None:
        if file := self.closed_file():
            file.unlink()
            deleted = {"files": [{"uri": file.as_uri()}]}
            self.editor.notify("workspace/didDeleteFiles", deleted)

    def rename(self) -> None:
        """A file, or the folder that it lies in, with what is open of it."""
        if not (files := self.files()):
            return
        old = self.random.choice(files)
        self.number += 1
        new = old.with_name(f"r{self.number}.py")
        if self.random.random() < 0.3 and old.parent not in (self.root, *self.inner):
            old, new = old.parent, self.root / f"pkg{self.number}"
        moving = [
            b for b in self.editor.buffers.values() if (b.uri + "/").startswith(f"{old.as_uri()}/")
        ]
        self.note(old, new)
        old.rename(new)
        for buffer in moving:
            self.editor.close(buffer)
            moved = Path(str(new) + buffer.uri.removeprefix(old.as_uri()))
            again = self.editor.open(moved)
            self.editor.rewrite(again, buffer.text)
        renamed = {"files": [{"oldUri": old.as_uri(), "newUri": new.as_uri()}]}
        self.editor.notify("workspace/didRenameFiles", renamed)

    def configure_editor(self) -> None:
        self.editor.settings = self.settings = self.random.choice(SETTINGS)
        self.note(self.settings)
        self.editor.notify("workspace/didChangeConfiguration", {"settings": None})

    def configure_project(self) -> None:
        self.configure(
            self.random.choice([self.root, *self.inner]) / ".understudy" / "config.yaml",
            self.random.choice([*CONFIGURATIONS, INVALID, None]),
        )

    def configure_tools(self) -> None:
        folder = self.root / self.random.choice(["", "pkg0", "pkg1"])
        if folder.exists():
            text = self.random.choice([*PROJECTS, None])
            self.configure(folder / "pyproject.toml", text)

    def configure_git(self) -> None:
        self.configure(self.root / ".gitignore", self.random.choice([*IGNORED, None]))

    def configure(self, file: Path, text: str | None) -> None:
        """None: the file is removed."""
        self.note(file, repr(text))
        if text is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            self.editor.touch(file)
        elif file.exists():
            file.unlink()
            gone = file
            if not any(file.parent.iterdir()) and self.random.random() < 0.5:
                gone = file.parent  # some clients tell of the folder alone
                gone.rmdir()
            self.editor.touch(deleted=[gone])

    def nest(self) -> None:
        """A folder in the folder is opened, or closed again."""
        folder = self.root / f"pkg{self.random.randrange(2)}"
        change = "removed" if folder in self.inner else "added"
        self.note(change, folder)
        if folder in self.inner:
            self.inner.remove(folder)
        else:
            self.inner.append(folder)
        event: Json = {"added": [], "removed": []}
        event[change] = [{"uri": folder.as_uri(), "name": folder.name}]
        self.editor.notify("workspace/didChangeWorkspaceFolders", {"event": event})

    def ask(self) -> None:
        """And think better of it, now and then."""
        if buffer := self.buffer():
            everywhere = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
            number, answer = self.editor.ask(
                "textDocument/codeAction",
                {
                    "textDocument": {"uri": buffer.uri},
                    "range": everywhere,
                    "context": {"diagnostics": [], "only": ["source.fixAll", "quickfix"]},
                },
            )
            self.scans.append(asyncio.ensure_future(answer))
            if self.random.random() < 0.5:
                self.editor.notify("$/cancelRequest", {"id": number})

    def scan(self) -> None:
        number, answer = self.editor.ask(
            "workspace/executeCommand", {"command": "understudy.scanWorkspace"}
        )
        self.scans.append(asyncio.ensure_future(answer))
        if self.random.random() < 0.3:
            self.editor.notify("$/cancelRequest", {"id": number})

    def cancel_progress(self) -> None:
        ended = {
            told["token"]
            for told in self.editor.said("$/progress")
            if told["value"]["kind"] == "end"
        }
        for created in self.editor.said("window/workDoneProgress/create"):
            if created["token"] not in ended:
                self.editor.notify("window/workDoneProgress/cancel", created)
                self.scanned = False  # who cancels a look leaves what is shown as it was

    async def listen(self) -> None:
        """Let the server do something, not always to its end."""
        await self.editor.command("showStatus")

    async def rest(self) -> None:
        await self.editor.idle()

    # ── the walk ────────────────────────────────────────────────────────────────────────────────

    async def step(self) -> None:
        weights: dict[Callable[[], object], int] = {
            self.edit: 12,
            self.save: 6,
            self.listen: 6,
            self.open: 4,
            self.close: 4,
            self.create: 3,
            self.rest: 3,
            self.ask: 2,
            self.rename: 2,
            self.rewrite_on_disk: 2,
            self.make_on_disk: 2,
            self.untitled: 1,
            self.save_all: 1,
            self.delete: 1,
            self.delete_folder: 1,
            self.configure_editor: 1,
            self.configure_project: 1,
            self.configure_tools: 2,
            self.configure_git: 1,
            self.nest: 1,
            self.scan: 1,
            self.cancel_progress: 1,
        }
        (choice,) = self.random.choices(list(weights), list(weights.values()))
        self.done.append(getattr(choice, "__name__", ""))
        if asyncio.iscoroutine(waiting := choice()):
            await waiting

    async def settle(self) -> None:
        """Everything is saved and answered; the settings are good ones."""
        self.done.append("settle")
        for root in (self.root, *self.inner):
            text = self.random.choice(CONFIGURATIONS)
            self.configure(root / ".understudy" / "config.yaml", text)
        self.save_all()
        await asyncio.gather(*self.scans, return_exceptions=True)
        self.scans.clear()
        if not self.scanned:
            await self.editor.command("scanWorkspace")
            self.scanned = True
        await self.editor.idle()


def view(editor: Editor) -> dict[str, list[str]]:
    """What is shown, but for entries of the settings that the last scan of all had no use for."""
    shown = {
        uri: sorted(
            str(sorted(each.items(), key=str)) for each in diagnostics if not of_a_scan(uri, each)
        )
        for uri, diagnostics in editor.diagnostics.items()
    }
    return {uri: diagnostics for uri, diagnostics in shown.items() if diagnostics}


def of_a_scan(uri: str, diagnostic: Json) -> bool:
    return uri.endswith("/config.yaml") and diagnostic.get("code") == UNUSED


async def agree(one: Editor, other: Editor) -> bool:
    """Whether both come to show the same, and still do when both are idle."""

    def same() -> bool:
        return view(one) == view(other)

    waiting = [asyncio.create_task(each.until(same)) for each in (one, other)]
    _, pending = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await one.idle()
    await other.idle()
    return same()


def difference(ours: Editor, fresh: Editor) -> list[str]:
    mine, theirs = view(ours), view(fresh)
    return [
        f"{uri}\n  shown: {mine.get(uri)}\n  fresh: {theirs.get(uri)}"
        for uri in mine.keys() | theirs.keys()
        if mine.get(uri) != theirs.get(uri)
    ]


async def compare(walk: Walk, environment: Mapping[str, str], state: Path) -> None:
    """A fresh server has a state folder of its own: it knows no result."""
    async with Editor.start({**environment, MARK: str(state)}, state.parent) as fresh:
        await fresh.initialize(walk.root, *walk.inner, settings=walk.settings)
        for buffer in walk.editor.buffers.values():
            fresh.open(buffer.path or buffer.uri, None if buffer.path else buffer.text)
        await fresh.command("scanWorkspace")
        await fresh.idle()
        if not await agree(walk.editor, fresh):
            steps = f"after {len(walk.done)} steps: {' '.join(walk.done[-60:])}"
            pytest.fail("\n".join([steps, *difference(walk.editor, fresh)]))


async def run(environment: Mapping[str, str], root: Path, seed: int, steps: int) -> None:
    async with Editor.start(environment, root.parent) as editor:
        await editor.initialize(root)
        walk = Walk(editor, root, seed)
        for part in range(3):
            for _ in range(steps):
                await walk.step()
            await walk.settle()
            await compare(walk, environment, root.parent / f"fresh-{part}")


@pytest.mark.parametrize("seed", [0, 3, *(pytest.param(n, marks=pytest.mark.soak) for n in (1, 2))])
async def test_a_walk(environment: Mapping[str, str], workspace: Path, seed: int) -> None:
    await run(environment, workspace, seed, steps=40)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 160))
async def test_a_long_walk(environment: Mapping[str, str], workspace: Path, seed: int) -> None:
    await run(environment, workspace, seed, steps=200)
