"""The lists of commands."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from understudy.cli.commands import understudy


def _groups(group: click.Group, above: click.Context | None = None) -> Iterator[click.Context]:
    context = click.Context(group, info_name=group.name, parent=above)
    yield context
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _groups(command, context)


@pytest.mark.parametrize("context", [*_groups(understudy)], ids=lambda each: each.command_path)
def test_what_a_command_is_for_is_told_whole(context: click.Context) -> None:
    listed = context.get_help().partition("\nCommands:\n")[2]
    assert listed
    assert "..." not in listed
