"""The second half of ``make demo``: repeated work in a real git repository becomes an automation,
which is tried, offered, previewed, applied and undone, over LSP."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from .client import Client, Message
from .world import SERVER, environment

DAY = 86_400
SOURCE = '''"""What a {0} comes to."""


def total(prices: list[int]) -> int:
    return sum(prices)
'''
TEST = '''"""Tests of {0}."""

from shop.{0} import total


def test_{0}_of_nothing() -> None:
    assert total([]) == 0
'''
DONE = ("cart", "order", "invoice", "voucher", "customer", "delivery")
NEXT = "refund"
_STYLES = {"+": "green", "-": "red", "@": "cyan"}


async def story(console: Console, folder: Path, log: Path) -> None:
    root = folder / "learned"
    console.rule("[bold]It learns the part: a small git repository")
    for line in _worked(root):
        console.print(f"  {line}", markup=False)
    async with Client.start(SERVER, root, environment(folder / "learned-state"), log) as client:
        await client.initialize(root, {"trusted": True})
        client.replies["window/showMessageRequest"] = _agreeing(console)
        began = time.perf_counter()
        told = await _command(client, "learnNow")
        console.rule(f"[bold]What Understudy made of it in {time.perf_counter() - began:.1f} s")
        for line in told:
            console.print(f"  {line}", markup=False)
        path = root / f"src/shop/{NEXT}.py"
        path.write_text(SOURCE.format(NEXT), encoding="utf-8")
        client.open(path, path.read_text(encoding="utf-8"))

        console.rule(f"[bold]{NEXT}.py is new: what the editor offers there")
        offered = await _offered(client, path)
        for each in offered:
            console.print(f"  • {each['title']}", markup=False)
        create, preview = _titled(offered, "Create automation:"), _titled(offered, "Preview:")

        console.rule(f"[bold]{_short(preview)}")
        diff = await _command(client, "previewAutomation", *preview["command"]["arguments"])
        for line in diff.splitlines():
            console.print(Text(line, _STYLES.get(line[:1], "")))
        made = root / f"tests/test_{NEXT}.py"
        _want(not made.exists(), "The preview changed something.")

        await _command(client, "createAutomation", *create["command"]["arguments"])
        (script,) = (root / ".understudy/automations").iterdir()
        lines = len(script.read_text(encoding="utf-8").splitlines())
        console.rule("[bold]Accepted, run, undone")
        name = script.relative_to(root)
        console.print(f"[green]✓ accepted:[/] {name}, a plain Python script of {lines} lines")
        run = _titled(await _offered(client, path), "Run:")
        await _command(client, "runAutomation", *run["command"]["arguments"])
        _want(made.is_file(), "The automation was not applied.")
        _want(made.read_text(encoding="utf-8") == TEST.format(NEXT), "It wrote something else.")
        console.print(
            f"[green]✓ applied:[/] {made.relative_to(root)}, as you would have written it"
        )
        await _command(client, "undoLast")
        _want(not made.exists(), "It was not undone.")
        console.print(f"[green]✓ undone:[/] {made.relative_to(root)} is gone again")


def _worked(root: Path) -> list[str]:
    """Work of some days, as commits: each module came with its test; the log."""
    root.mkdir()
    _git(root, "init", "--quiet", "--initial-branch=main")
    for number, name in enumerate(DONE):
        for path, text in ((f"src/shop/{name}.py", SOURCE), (f"tests/test_{name}.py", TEST)):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text.format(name), encoding="utf-8")
        at = f"{time.time() - (len(DONE) - number) * DAY:.0f} +0000"
        _git(root, "add", "--all")
        _git(root, "commit", "--quiet", "-m", f"Add {name}, with its test", at=at)
    return _git(root, "log", "--reverse", "--format=%ad %s", "--date=short").splitlines()


def _git(root: Path, *arguments: str, at: str = "") -> str:
    who = {
        f"GIT_{role}_{what}": "demo@example.org" for role in _ROLES for what in ("NAME", "EMAIL")
    }
    when = {f"GIT_{role}_DATE": at for role in _ROLES if at}
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *arguments],
        cwd=root,
        env={**os.environ, **who, **when, **alone},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


_ROLES = ("AUTHOR", "COMMITTER")


def _agreeing(console: Console) -> Callable[[Message], Message]:
    """Says yes to what is asked, and shows it."""

    def agree(params: Message) -> Message:
        answer: Message = params["actions"][0]
        console.print(f"  “{params['message']}” [bold]{answer['title']}[/]")
        return answer

    return agree


async def _command(client: Client, name: str, *arguments: object) -> Any:
    asked = {"command": f"understudy.{name}", "arguments": list(arguments)}
    return await client.request("workspace/executeCommand", asked)


async def _offered(client: Client, path: Path) -> list[Message]:
    """What is offered of what was learned."""
    place = {"line": 0, "character": 0}
    actions: list[Message] = await client.request(
        "textDocument/codeAction",
        {
            "textDocument": {"uri": path.as_uri()},
            "range": {"start": place, "end": place},
            "context": {"diagnostics": []},
        },
    )
    return [each for each in actions if each.get("kind") == "refactor.understudy"]


def _titled(actions: list[Message], title: str) -> Message:
    found = next((each for each in actions if each["title"].startswith(title)), None)
    if found is None:
        raise SystemExit(f"Nothing was offered that begins with {title!r}.")
    return found


def _short(action: Message) -> str:
    return str(action["title"]).replace("[", r"\[")


def _want(holds: bool, complaint: str) -> None:
    if not holds:
        raise SystemExit(complaint)
