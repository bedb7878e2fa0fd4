"""``make demo``: the main job, with the real server and a real client, on real input.

Without an argument it works on a copy of the sample project: save, see, fix, save, gone; then on a
git repository in which something repeats: found, tried, offered, previewed, run, undone. With a
path it analyses that project and changes nothing in it.
"""

from __future__ import annotations

import asyncio
import difflib
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from rich.console import Console
from rich.text import Text

from understudy.cli.excerpt import excerpt
from understudy.model import Edit, Position, Range
from understudy.text import Lines, apply

from .client import Client, Message, ServerEnded
from .learned import story
from .world import ROOT, SERVER, environment

SAMPLE = ROOT / "tests/samples/shop"
SHOWN = 25
STYLES = {
    1: ("error", "red"),
    2: ("warning", "yellow"),
    3: ("information", "blue"),
    4: ("hint", "dim"),
}

console = Console(highlight=False, soft_wrap=True)


async def sample(folder: Path, log: Path) -> None:
    root = Path(shutil.copytree(SAMPLE, folder / "shop"))
    path = root / "app.py"
    text = path.read_text(encoding="utf-8")
    console.rule("[bold]Understudy on a copy of the sample project “shop”")
    async with Client.start(SERVER, root, environment(folder / "state"), log) as client:
        took = await client.initialize(root, {"trusted": True})
        console.print(
            f"The server answered in {took * 1000:.0f} ms. app.py is opened, changed and saved.\n"
        )
        client.open(path, text)
        await settled(client)

        text = text.replace('"data"]', '"data", "uploads"]')
        before = await edit_and_save(client, path, text, version=1)
        show(root, before)

        action = await verified_fix(client, path, before, wanted="yaml")
        console.rule(f"[bold]{action['title']}")
        fixed = applied(text, action["edit"], path)
        show_diff(text, fixed)
        after = await edit_and_save(client, path, fixed, version=2)
        report_change(before[path.as_uri()], after[path.as_uri()])


async def project(root: Path, folder: Path, log: Path) -> None:
    console.rule(f"[bold]Understudy on {root}")
    async with Client.start(SERVER, root, environment(folder / "state"), log) as client:
        await client.initialize(root, {"trusted": False})
        started = time.perf_counter()
        answer = await client.request(
            "workspace/executeCommand", {"command": "understudy.scanWorkspace"}, seconds=3600
        )
        took = time.perf_counter() - started
        published = client.diagnostics
        await client.wait(lambda: sum(map(len, published.values())) >= answer["findings"])
        show(root, client.diagnostics)
        console.print(
            f"\n[bold]Findings: {answer['findings']}, files: {answer['files']}; {took:.1f} s.[/]"
            " Nothing was changed. The project was treated as untrusted:"
            " nothing that it configures was run."
        )


async def settled(client: Client, seen: int = 0) -> None:
    """Until more was published than ``seen`` and the server says that nothing runs any more."""

    def states() -> list[str]:
        news = client.notifications
        return [n["params"]["state"] for n in news if n["method"] == "understudy/status"]

    await client.wait(
        lambda: len(client.published) > seen and states()[-1:] in (["idle"], ["attention"])
    )


async def edit_and_save(
    client: Client, path: Path, text: str, version: int
) -> dict[str, list[Message]]:
    """All diagnostics after the save; prints how long they took."""
    seen = len(client.published)
    client.notifications.clear()
    client.change(path, text, version)
    path.write_text(text, encoding="utf-8")
    saved = time.perf_counter()
    client.save(path)
    await settled(client, seen)
    arrivals = [(news.at - saved) * 1000 for news in client.published[seen:]]
    if arrivals:
        console.print(
            f"[dim]save → first findings {arrivals[0]:.0f} ms,"
            f" → all findings {arrivals[-1]:.0f} ms[/]\n"
        )
    return dict(client.diagnostics)


async def verified_fix(
    client: Client, path: Path, found: dict[str, list[Message]], wanted: str
) -> Message:
    """The first fix for a finding whose message has ``wanted`` in it."""
    place = next(d for d in found[path.as_uri()] if wanted in d["message"])
    actions = await client.request(
        "textDocument/codeAction",
        {
            "textDocument": {"uri": path.as_uri()},
            "range": place["range"],
            "context": {"diagnostics": [place]},
        },
    )
    console.rule("[bold]What the editor offers there")
    for action in actions:
        console.print(f"  • {action['title']}", markup=False)
    console.print()
    chosen: Message | None = next((a for a in actions if a["title"].startswith("Fix")), None)
    if chosen is None:
        raise SystemExit("No verified fix was offered for a finding that has one.")
    if "edit" not in chosen:
        chosen = await client.request("codeAction/resolve", chosen)
    return chosen


def applied(text: str, edit: Message, path: Path) -> str:
    changes = edit.get("changes") or {
        change["textDocument"]["uri"]: change["edits"] for change in edit["documentChanges"]
    }
    return apply(text, [Edit(_range(e["range"]), e["newText"]) for e in changes[path.as_uri()]])


def show(root: Path, found: dict[str, list[Message]]) -> None:
    """Files in order, the worst first where not everything can be shown."""
    entries = [(uri, d) for uri, diagnostics in found.items() for d in diagnostics]
    entries.sort(key=lambda entry: (entry[1]["severity"], entry[0], _range(entry[1]["range"])))
    for uri, diagnostic in entries[:SHOWN]:
        path = Path(url2pathname(urlsplit(uri).path))
        console.print(_block(root, path, diagnostic))
    if len(entries) > SHOWN:
        console.print(f"[dim]… and {len(entries) - SHOWN} more[/]")
    counts = Counter(diagnostic["severity"] for _, diagnostic in entries)
    summary = ", ".join(f"{n} {STYLES[severity][0]}" for severity, n in sorted(counts.items()))
    console.print(f"[bold]{len(entries)} problems:[/] {summary}\n")


def show_diff(before: str, after: str) -> None:
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), "app.py", "app.py", "", "", 1, ""
    )
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in lines:
        console.print(Text(line, styles.get(line[0], "")))
    console.print()


def report_change(before: list[Message], after: list[Message]) -> None:
    def counted(diagnostics: list[Message]) -> Counter[tuple[str, str]]:
        return Counter((d["source"], str(d.get("code"))) for d in diagnostics)

    gone, new = counted(before) - counted(after), counted(after) - counted(before)
    for (source, code), number in gone.items():
        console.print(f"[green]✓ gone:[/] {source} {code}" + (f" ×{number}" if number > 1 else ""))
    for source, code in new:
        console.print(f"[red]✗ new:[/] {source} {code}")
    if new or not gone:
        raise SystemExit("The fix did not do what it promised.")
    console.print(f"[bold]app.py: {len(before)} problems before, {len(after)} after.")


def _block(root: Path, path: Path, diagnostic: Message) -> Text:
    place = _range(diagnostic["range"])
    word, style = STYLES[diagnostic["severity"]]
    name = path.relative_to(root) if path.is_relative_to(root) else path
    where = f"{name}:{place.start.line + 1}:{place.start.column + 1}"
    who = f"{diagnostic['source']} {diagnostic.get('code', '')}"
    message = " ".join(diagnostic["message"].split())
    lines = Lines(path.read_text(encoding="utf-8", errors="replace"))
    head = Text.assemble((where, "bold"), "  ", (word, style), f"  {message}  ", (who, "dim"), "\n")
    return Text.assemble(head, excerpt(lines, place, style), "\n")


def _range(value: Any) -> Range:
    return Range(
        *(Position(value[end]["line"], value[end]["character"]) for end in ("start", "end"))
    )


async def main(arguments: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="understudy-demo-") as folder:
        log = Path(folder) / "server.log"
        try:
            if arguments:
                await project(Path(arguments[0]).resolve(strict=True), Path(folder), log)
            else:
                await sample(Path(folder), log)
                await story(console, Path(folder), log)
        except (TimeoutError, ServerEnded) as error:
            said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise SystemExit(f"The server did not answer: {error}\n{said}") from None
        except FileNotFoundError as error:
            raise SystemExit(f"There is no project at {error.filename}.") from None


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
