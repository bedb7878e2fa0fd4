"""``understudy``: the commands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import version

import click

from ..disk import why
from .exits import Exit

_MODULES = {
    "lsp": "serving",
    "scan": "scan",
    "hooks": "hooks",
    "doctor": "doctor",
    "trust": "trusting",
    "untrust": "trusting",
    "status": "service",
    "start": "service",
    "stop": "service",
    "watch": "planning",
    "schedule": "planning",
    "notify": "planning",
    "metrics": "records",
    "export": "records",
    "run": "tasking",
    "tasks": "tasking",
    "logs": "tasking",
    "cancel": "tasking",
    "log": "tasking",
}


class _Group(click.Group):
    """Imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            return None
        module = importlib.import_module(f".{_MODULES[cmd_name]}", __package__)
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("understudy"), message="%(prog)s %(version)s")
def understudy() -> None:
    """Findings on save, in your editor or here; fixes that were tried before they are offered."""


def run(arguments: Sequence[str]) -> int:
    try:
        code = understudy.main(arguments, prog_name="understudy", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough; the interpreter would complain when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.CLEAN
    except OSError as error:
        click.echo(f"Error: {why(error)}", err=True)
        return Exit.FAILED
    except Exception:  # noqa: BLE001
        traceback.print_exc()
        click.echo("This is a mistake of Understudy's own. Please report it.", err=True)
        return Exit.FAILED
    return code if isinstance(code, int) else Exit.CLEAN
