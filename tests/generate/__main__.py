"""Write the files that are derived from the code and the tools, or check that they are current.

``python -m tests.generate [--check]``, from the project's root. Exits with 1 when ``--check`` finds
a difference.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable
from pathlib import Path

from . import attached, documents, families

ROOT = Path(__file__).resolve().parents[2]
_CLIENT = ROOT / "client-vscode"

TARGETS: dict[str, Callable[[], str]] = {
    "server/findings/families_data.py": families.module,
    "server/settings.schema.json": documents.settings_schema,
    "docs/settings.md": documents.settings_page,
    "client-nvim/lua/understudy/commands.lua": documents.neovim_commands,
    "client-nvim/lua/understudy/filetypes.lua": attached.neovim,
    "client-vscode/src/attached.ts": attached.visual_studio_code,
    "client-vscode/package.json": lambda: documents.package_json(
        _CLIENT / "package.json", _CLIENT / "client-settings.json"
    ),
}


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m tests.generate [--check]\n")
        return 2
    drifted = False
    for name, made in TARGETS.items():
        path = ROOT / name
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        after = made()
        if before == after:
            continue
        drifted = True
        if arguments:
            difference = difflib.unified_diff(
                before.splitlines(True), after.splitlines(True), name, f"{name} (made anew)"
            )
            sys.stdout.writelines(difference)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(after, encoding="utf-8")
            sys.stdout.write(f"wrote {name}\n")
    if drifted and arguments:
        sys.stdout.write("Files are not current: run `make generate`.\n")
    return int(drifted and bool(arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
