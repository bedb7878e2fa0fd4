"""From a save to the first and to all findings, as an editor sees it.

Each save brings a text that nobody has seen: it ends in an import that is unused and that Bandit
objects to, in turn of one module and of another, with a number. So what was said of the text
before can never be taken for an answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import statistics
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from .client import Client, Message
from .world import SERVER, World, environment

PAUSE = 1.5
_QUIET = 0.8
_MODULES = ("telnetlib", "ftplib")
_RULES = {"ruff": ("F401", "F401"), "bandit": ("B401", "B402")}
"""What each tool says of the import of each module."""
_numbers = itertools.count()

Told = frozenset[tuple[Any, ...]]


class Sample(NamedTuple):
    """Milliseconds after the save; 0 where it was there before."""

    first: float
    all: float


@dataclass(slots=True)
class Timing:
    samples: list[Sample] = field(default_factory=list)

    @property
    def first(self) -> float:
        return statistics.median(sample.first for sample in self.samples)

    @property
    def all(self) -> float:
        return statistics.median(sample.all for sample in self.samples)


class Contender(Protocol):
    @property
    def name(self) -> str: ...

    def session(self, file: Path) -> contextlib.AbstractAsyncContextManager[Session]: ...


class Session(Protocol):
    async def save(self, kind: int, pause: float) -> Sample:
        """Save the text of a kind, 0 or 1, after a pause in which it stands there unsaved."""


def ending(kind: int) -> str:
    return f"\nimport {_MODULES[kind]}  # {next(_numbers)}\n"


@dataclass(frozen=True, slots=True)
class Server:
    """A language server that publishes diagnostics."""

    name: str
    command: tuple[str, ...]
    tools: tuple[str, ...]
    options: Any = field(default=None, hash=False)
    settings: Any = field(default=None, hash=False)
    state: Path | None = None

    @contextlib.asynccontextmanager
    async def session(self, file: Path) -> AsyncIterator[Session]:
        env = environment(self.state) if self.state else None
        async with Client.start(self.command, file.parent, env) as client:
            await client.initialize(file.parent, self.options, self.settings)
            session = _Served(client, file, self.tools)
            await session.learn()
            yield session


class _Served:
    def __init__(self, client: Client, file: Path, tools: tuple[str, ...]) -> None:
        self._client = client
        self._file = file
        self._tools = tools
        self._base = file.read_text(encoding="utf-8")
        self._version = 0
        self._added = 0
        self._expected: dict[int, Told] = {}

    async def learn(self) -> None:
        """What is said, in the end, of each of the two texts."""
        self._client.open(self._file, self._base)
        for kind in (0, 1):
            self._edit(kind)
            self._client.save(self._file)
            await self._client.wait(partial(self._speaks_of, kind))
            await self._quiet()
            self._expected[kind] = _told(self._client.diagnostics[self._file.as_uri()])
        if self._expected[0] <= self._expected[1] or self._expected[1] <= self._expected[0]:
            raise RuntimeError("the findings of the two texts cannot be told apart")

    def _speaks_of(self, kind: int) -> bool:
        """Whether every tool's finding is there that this kind of text alone has."""
        diagnostics = self._client.diagnostics.get(self._file.as_uri(), ())
        last = max((d["range"]["start"]["line"] for d in diagnostics), default=0)
        said = {str(d["code"]) for d in diagnostics if d["range"]["start"]["line"] == last}
        named = any(f"`{_MODULES[kind]}`" in d["message"] for d in diagnostics)
        return named and all(_RULES[tool][kind] in said for tool in self._tools)

    async def save(self, kind: int, pause: float) -> Sample:
        expected = self._expected[kind]
        new = expected - self._expected[1 - kind]
        seen = len(self._client.published)
        self._edit(kind)
        await asyncio.sleep(pause)
        saved = time.perf_counter()
        self._client.save(self._file)

        def since(condition: Any) -> float | None:
            hits = (
                news.at
                for news in self._client.published[seen:]
                if news.uri == self._file.as_uri() and condition(_told(news.diagnostics))
            )
            return next(hits, None)

        await self._client.wait(lambda: since(lambda told: told == expected) is not None)
        first, complete = since(lambda told: told & new), since(lambda told: told == expected)
        assert first is not None
        assert complete is not None
        await self._quiet()
        return Sample(*(max(0.0, (at - saved) * 1000) for at in (first, complete)))

    def _edit(self, kind: int) -> None:
        """Replace the ending, as an editor sends it: only what changed."""
        self._version += 1
        first, text = self._base.count("\n"), ending(kind)
        lines = (first, first + self._added)
        self._client.change(self._file, text, self._version, lines)
        self._added = text.count("\n")
        self._file.write_text(self._base + text, encoding="utf-8")

    async def _quiet(self) -> None:
        """Until nothing was published for a while."""
        with contextlib.suppress(TimeoutError):
            while True:
                seen = len(self._client.published)
                await self._client.wait(partial(self._more_than, seen), _QUIET)

    def _more_than(self, seen: int) -> bool:
        return len(self._client.published) > seen


@dataclass(frozen=True, slots=True)
class Processes:
    """One process for each tool and save, at the same time: what generic linter plug-ins do."""

    world: World
    tools: tuple[str, ...] = ("ruff", "bandit")

    @property
    def name(self) -> str:
        return f"one {' + '.join(self.tools)} process"

    @contextlib.asynccontextmanager
    async def session(self, file: Path) -> AsyncIterator[Session]:
        yield _Spawned(self, file)


class _Spawned:
    def __init__(self, contender: Processes, file: Path) -> None:
        self._contender = contender
        self._file = file
        self._base = file.read_text(encoding="utf-8")

    async def save(self, kind: int, pause: float) -> Sample:
        await asyncio.sleep(pause)
        self._file.write_text(self._base + ending(kind), encoding="utf-8")
        saved = time.perf_counter()
        ends = await asyncio.gather(*(self._run(tool) for tool in self._contender.tools))
        return Sample(*((at - saved) * 1000 for at in (min(ends), max(ends))))

    async def _run(self, tool: str) -> float:
        await tool_findings(self._contender.world, tool, self._file)
        return time.perf_counter()


async def tool_findings(world: World, tool: str, path: Path) -> list[Message]:
    """What a tool's own process says of a file or a folder."""
    arguments = {
        "ruff": ["check", "--no-cache", "--output-format", "json", str(path)],
        "bandit": ["-q", "-f", "json", *(["-r"] if path.is_dir() else []), str(path)],
    }[tool]
    process = await asyncio.create_subprocess_exec(
        world.command(tool),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    output, _ = await process.communicate()
    answer = json.loads(output)
    rows: list[Message] = answer["results"] if tool == "bandit" else answer
    return rows


def contenders(world: World, state: Path) -> tuple[Contender, ...]:
    pylsp = {
        "plugins": {
            "ruff": {"enabled": True, "executable": world.command("ruff")},
            "bandit": {"enabled": True},
        }
    }
    return (
        Server("understudy", SERVER, ("ruff", "bandit"), {"trusted": True}, None, state),
        Server("ruff server", (world.command("ruff"), "server"), ("ruff",)),
        Processes(world, ("ruff",)),
        Processes(world),
        Server("python-lsp-server", (world.command("pylsp"),), ("ruff", "bandit"), None, pylsp),
    )


def _told(diagnostics: list[Message]) -> Told:
    return frozenset(
        (d["range"]["start"]["line"], str(d.get("code")), d["message"]) for d in diagnostics
    )
