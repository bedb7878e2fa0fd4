"""``understudy``: the commands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import importlib
import io
import os
import sqlite3
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import version

import click

from ..disk import why
from .exits import Exit
from .group import Group

_COMMANDS = {
    "lsp": ("serving", "Speak the Language Server Protocol: what editors run."),
    "scan": ("scan", "Check files and folders."),
    "baseline": ("baseline", "Agree to live with what is there, and see that it gets less."),
    "explain": ("explain", "Tell why a rule is told of in a line, or why it is not."),
    "fix": ("fix", "Fix all safe cases of a rule."),
    "journal": ("undoing", "List what was written into files."),
    "undo": ("undoing", "Take back what was written into files."),
    "hooks": ("hooks", "Install git hooks, take them out, see how they stand."),
    "install": ("install", "Install tools that Understudy runs and does not come with."),
    "doctor": ("doctor", "Tell what is installed, what is missing, and what to do."),
    "trust": ("trusting", "Let a workspace's own programs run."),
    "untrust": ("trusting", "Run nothing that a workspace brings along."),
    "status": ("service", "Tell how a workspace stands: trust, settings, tasks."),
    "start": ("service", "Run a workspace's tasks in the background."),
    "stop": ("service", "End what `start` began."),
    "watch": ("planning", "Tell what each change of a file would start."),
    "schedule": ("planning", "List what the clock will start, and when."),
    "notify": ("planning", "Send a notice, to try the channels."),
    "metrics": ("records", "Tell how long tasks take, wait, and how often they succeed."),
    "export": ("records", "Print what is remembered, as JSON."),
    "dashboard": ("dashboard", "Serve a live page of all that there is to see."),
    "run": ("tasking", "Run a task now."),
    "tasks": ("tasking", "List the tasks, and the newest jobs."),
    "logs": ("tasking", "Print what a job printed."),
    "sandbox": ("sandbox", "Try a command, and see what it would change."),
    "activity": ("activity", "Show, export, forget and pause what is remembered of what you do."),
    "patterns": ("automations", "List what repeats in what you do, with its evidence."),
    "automations": ("automations", "Manage and run what was made of what repeats."),
    "resources": ("machine", "Tell how much of memory, disks and files is used, and for how long."),
    "clean": ("machine", "Remove what Understudy wrote for itself and nobody needs any more."),
    "workflows": ("workflows", "Tell how work is laid out and goes, and what could be better."),
    "recommendations": ("workflows", "List and do what could be changed in how work is done."),
    "report": ("report", "Tell what was saved and what it took, as text or as a page."),
    "cancel": ("tasking", "Cancel a job."),
    "retry": ("tasking", "Run an interrupted job again."),
    "log": ("tasking", "Show the audit trail: what ran, why, and for whom."),
    "profile": ("profile", "Tell where time goes: of a program, or of Understudy."),
}
"""By name: the module, and the line in the list of all."""
_LEARNING = ("automations", "activity")
"""Groups of commands that are looked for without them."""


class _Group(Group):
    """Imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, summary = _COMMANDS[cmd_name]
        command = getattr(importlib.import_module(f".{module}", __package__), cmd_name)
        assert isinstance(command, click.Command)
        command.short_help = summary
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            for name in _LEARNING:
                group = self.get_command(ctx, name)
                if isinstance(group, click.Group) and args[0] in group.commands:
                    there = f"There is `understudy {name} {args[0]}`."
                    raise click.UsageError(f"{error.format_message()} {there}", ctx) from None
            raise


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("understudy"), message="%(prog)s %(version)s")
def understudy() -> None:
    """Findings on save, in your editor or here; fixes that were tried before they are offered."""


def run(arguments: Sequence[str]) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal need not know every character
    try:
        code = understudy.main(arguments, prog_name="understudy", standalone_mode=False)
    except click.ClickException as error:
        error.message = _plain(error.message)  # type: ignore[misc]  # it is what show() tells
        error.show()
        return Exit.USAGE
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough; the interpreter would complain when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.CLEAN
    except (OSError, sqlite3.OperationalError) as error:
        click.echo(f"Error: {_plain(why(error))}", err=True)
        return Exit.FAILED
    except Exception:  # noqa: BLE001
        traceback.print_exc()
        click.echo("This is a mistake of Understudy's own. Please report it.", err=True)
        return Exit.FAILED
    return code if isinstance(code, int) else Exit.CLEAN


def _plain(said: str) -> str:
    """Nothing in a name that it tells steers a terminal."""
    from ..app.changes import printable  # most commands end without a word of this

    return "\n".join(map(printable, said.split("\n")))
