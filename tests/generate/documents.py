"""What is written for people and editors from the settings tree and the table of commands."""

from __future__ import annotations

import json
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from understudy.app.commands import COMMANDS
from understudy.settings.schema import package_json_configuration, schema
from understudy.settings.tree import Option, options

_PAGE = """\
# Settings

<!-- Generated from server/settings/tree.py: `python -m tests.generate` -->

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
```

Words are read as in YAML 1.2: `true` and `false` are truth values, `on` and `yes` are text. What is
wrong in a file is shown in that file, and the last good settings stay in force. With the schema
`server/settings.schema.json`, YAML editors complete and check the file.
"""
_TRUSTED = " From the project's file only in a trusted workspace."


def settings_page() -> str:
    """docs/settings.md"""
    parts = [_PAGE]
    for group, members in groupby(options(), key=attrgetter("group")):
        rows = "".join(map(_row, members))
        parts.append(
            f"## {group}\n\n| key | value | default | |\n| --- | --- | --- | --- |\n{rows}"
        )
    return "\n".join(parts)


def _row(option: Option) -> str:
    default = json.dumps(option.default)
    meaning = option.about.description + (_TRUSTED if option.about.trusted_only else "")
    return f"| `{option.key}` | {_values(option)} | `{default}` | {meaning} |\n"


def _values(option: Option) -> str:
    if option.choices:
        return ", ".join(f"`{choice}`" for choice in option.choices)
    if option.about.ge is not None:
        return f"{option.about.ge} – {option.about.le}"
    names = {bool: "`true`, `false`", str: "text"}
    return names.get(option.type, "list of texts")


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
