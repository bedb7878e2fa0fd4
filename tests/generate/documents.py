"""What is written for people and editors from the settings tree and the table of commands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from understudy.app.commands import COMMANDS
from understudy.settings.options import Option, options
from understudy.settings.schema import package_json_configuration, schema

_PAGE = """\
# Settings

<!-- Generated from server/settings: `python -m tests.generate` -->

A later place overrides an earlier one, setting by setting:

1. the defaults below
2. your own file, `~/.config/understudy/config.yaml` (or below `$XDG_CONFIG_HOME`)
3. the project's file, `.understudy/config.yaml` in the workspace folder
4. the editor: in VS Code `understudy.analysis.onSave` and so on, elsewhere the same tree as
   `initializationOptions.settings` or as an answer to `workspace/configuration`

```yaml
# .understudy/config.yaml
analysis:
  exclude:
    - generated/
rules:
  ignore: [B101]
tasks:
  testRunner:
    onChange: true
  custom:
    docs:
      command: [sphinx-build, docs, build/docs]
      inputs: [docs/]
      outputs: [build/docs/]
triggers:
  rules:
    documentation:
      on: [save]
      paths: [docs/]
      tasks: [docs]
```

Entries that have names (`tasks.custom`, `triggers.rules`) are joined: a later place adds to them, and
replaces those of the same name as a whole. Names consist of letters, digits and `_ . : -`.

Words are read as in YAML 1.2: `true` and `false` are truth values, `on` and `yes` are text. What is
wrong in a file is shown in that file, and the last good settings stay in force. With the schema
`server/settings.schema.json`, YAML editors complete and check the file.
"""
_TRUSTED = " From the project's file only in a trusted workspace."


def settings_page() -> str:
    """docs/settings.md"""
    parts = [_PAGE]
    for group, members in groupby(options(), key=lambda option: option.path[0]):
        rows = tuple(members)
        parts.append(f"## {group}\n\n{_table(rows)}")
        parts += [part for option in rows for part in _entries(option.key, option)]
    return "\n".join(parts)


def _entries(key: str, option: Option) -> Iterator[str]:
    """The tables of what names stand for, to any depth."""
    if option.entry:
        yield f"### {key}.*name*\n\n{_table(option.entry)}"
    for field in option.entry:
        yield from _entries(f"{key}.*name*.{field.key}", field)


def _table(rows: Iterable[Option]) -> str:
    return "| key | value | default | |\n| --- | --- | --- | --- |\n" + "".join(map(_row, rows))


def _row(option: Option) -> str:
    default = (
        "must be given" if option.required else f"`{json.dumps(option.default, default=dict)}`"
    )
    meaning = option.about.description + (_TRUSTED if option.about.trusted_only else "")
    return f"| `{option.key}` | {_values(option)} | {default} | {meaning} |\n"


def _values(option: Option) -> str:
    if option.choices:
        words = ", ".join(f"`{choice}`" for choice in option.choices)
        return f"list of {words}" if option.item else words
    if option.about.ge is not None:
        return f"{option.about.ge} – {option.about.le}"
    if option.named:
        return "names → settings, below" if option.entry else "names → texts"
    if option.item:
        return "list of texts"
    return "`true`, `false`" if option.type is bool else "text"


def settings_schema() -> str:
    """server/settings.schema.json"""
    return _json(schema())


def package_json(path: Path, client_settings: Path) -> str:
    """The extension's manifest with what the server decides in it; all else stays."""
    manifest = json.loads(path.read_text())
    client = json.loads(client_settings.read_text())
    contributes = manifest["contributes"]
    contributes["configuration"]["properties"] = package_json_configuration(client)
    # The client decides which commands it shows, and has some of its own.
    titles = {command.id: command.title for command in COMMANDS}
    for command in contributes["commands"]:
        command["title"] = titles.get(command["command"], command["title"])
    untrusted = manifest["capabilities"]["untrustedWorkspaces"]
    untrusted["restrictedConfigurations"] = _restricted(client)
    return _json(manifest)


def neovim_commands() -> str:
    """client-nvim/lua/understudy/commands.lua"""
    rows = "".join(
        f'  {{ name = "{command.id.partition(".")[2]}", title = "{command.title}",'
        f" client = {str(command.client).lower()} }},\n"
        for command in COMMANDS
        if command.palette
    )
    return f"-- Generated from server/app/commands.py: `make generate`\nreturn {{\n{rows}}}\n"


def _restricted(client: dict[str, Any]) -> list[str]:
    """What VS Code is not to take from the settings of an untrusted workspace."""
    ours = [f"understudy.{option.key}" for option in options() if option.about.trusted_only]
    return [*(key for key, about in client.items() if "interpreter" in key), *ours]


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
