"""``understudy dashboard``: the page with all that there is to see of workspaces."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import webbrowser
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import click

from .exits import Exit
from .roots import root_of
from .service import stopped


@click.command
@click.option("--no-open", is_flag=True, help="Print the address, and open no browser.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=0, help="Default: any that is free."
)
@click.option(
    "--in",
    "folders",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="A workspace; may be given several times. Default: the one around the current folder.",
)
@click.option(
    "--metrics-token",
    "token_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Serve /metrics, for Prometheus, to whoever sends the token that stands there.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Tell what there is to tell as JSON, a line each; end with the standard input.",
)
@click.option("--trusted", multiple=True, type=click.Path(path_type=Path), hidden=True)
@click.option("--untrusted", multiple=True, type=click.Path(path_type=Path), hidden=True)
@click.pass_context
def dashboard(
    ctx: click.Context,
    folders: tuple[Path, ...],
    port: int,
    token_file: Path | None,
    trusted: tuple[Path, ...],
    untrusted: tuple[Path, ...],
    *,
    no_open: bool,
    as_json: bool,
) -> None:
    """Serve a live page of the workspaces, to this machine alone, until Ctrl-C.

    The address opens the page once, within a minute; Enter prints another one. The page shows, and
    does nothing before it is unlocked: it asks for a code then, which is printed here.
    """
    # An editor names its own folders, as it knows them, and says which it trusts.
    named = folders if as_json and folders else map(_root, folders or (Path.cwd(),))
    roots: dict[Path, bool | None] = dict.fromkeys(named)
    trusts = roots | dict.fromkeys(trusted, True) | dict.fromkeys(untrusted, False)
    token = _token(token_file) if token_file else ""
    asyncio.run(_serve(trusts, port, token, opens=not (no_open or as_json), as_json=as_json))
    ctx.exit(Exit.CLEAN)


def _root(folder: Path) -> Path:
    return root_of((folder.resolve(),))


def _token(file: Path) -> str:
    from ..dashboard.metrics import token_of

    try:
        return token_of(file)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from None


async def _serve(
    roots: Mapping[Path, bool | None], port: int, token: str, *, opens: bool, as_json: bool
) -> None:
    from ..dashboard.pages import as_line
    from ..dashboard.serving import serve

    ended, opening = stopped(), list[asyncio.Task[bool]]()

    def tell(kind: str, text: str) -> None:
        click.echo(as_line(kind, text) if as_json else _TOLD[kind].format(text))

    def ready(link: Callable[[], str]) -> None:
        first = link()
        tell("url", first)
        if opens:
            opening.append(asyncio.create_task(asyncio.to_thread(webbrowser.open, first)))
        _listen(lambda: tell("url", link()), ended.set if as_json else lambda: None)

    await serve(roots, port, token, ready, tell, ended)
    await asyncio.gather(*opening)


_TOLD = {
    "url": "The dashboard, for one browser within a minute: {}\nEnter prints another address.",
    "code": "The code that unlocks the page, for a minute: {}",
}


def _listen(asked: Callable[[], object], closed: Callable[[], object]) -> None:
    """``asked`` is called for each line of the standard input, ``closed`` at its end."""
    loop = asyncio.get_running_loop()

    def read() -> None:
        try:
            typed = os.read(sys.stdin.fileno(), 4_096)
        except OSError:  # as of a job in the background of its shell
            typed = b""
        if not typed:
            loop.remove_reader(sys.stdin.fileno())
            closed()
        elif b"\n" in typed:
            asked()

    signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    with suppress(OSError, ValueError):  # nobody types into a file, or nothing
        loop.add_reader(sys.stdin.fileno(), read)
