"""One tree, several packages: in each, each tool has the configuration that is nearest."""

from __future__ import annotations

import json
from pathlib import Path

from understudy.settings import Settings

from .eslint_support import NODE, modules
from .support import own_environment, tree, understudy

PYTHON = "import os\n\nassert eval('x')\n"
SCRIPT = "var x = 1;\ndebugger;\n"


def eslint(rule: str) -> str:
    return f'export default [{{ rules: {{ "{rule}": "error" }} }}];\n'


FILES = {
    ".git/HEAD": "ref: refs/heads/main\n",
    "pyproject.toml": "[tool.ruff]\nlint.select = ['S101']\n",
    "eslint.config.js": eslint("no-var"),
    "package.json": '{"type": "module"}\n',
    "top.py": PYTHON,
    "packages/billing/ruff.toml": "lint.select = ['F401', 'S307']\n",
    "packages/billing/.bandit": "[bandit]\nskips = B101\n",
    "packages/billing/src/deep/a.py": PYTHON,
    "packages/shop/pyproject.toml": (
        "[tool.ruff]\nlint.select = ['S307']\n[tool.bandit]\nskips = ['B101', 'B307']\n"
    ),
    "packages/shop/src/a.py": PYTHON,
    "packages/web/eslint.config.js": eslint("no-debugger"),
    "packages/web/src/a.js": SCRIPT,
    "packages/plain/a.py": PYTHON,
    "packages/plain/a.js": SCRIPT,
}
EXPECTED = {
    "top.py": {"ruff:S101", "bandit:B101", "bandit:B307"},
    "packages/billing/src/deep/a.py": {"ruff:F401", "ruff:S307", "bandit:B307"},
    "packages/shop/src/a.py": {"ruff:S307"},
    "packages/web/src/a.js": {"eslint:no-debugger"},
    "packages/plain/a.py": {"ruff:S101", "bandit:B101", "bandit:B307"},
    "packages/plain/a.js": {"eslint:no-var"},
}


def test_each_package_has_its_own_configuration(tmp_path: Path) -> None:
    assert Settings().eslint.enabled
    root = tree(tmp_path / "repository", FILES)
    (root / "node_modules").mkdir()
    (root / "node_modules/eslint").symlink_to(modules() / "eslint")
    environment = own_environment(tmp_path, PATH=f"{Path(NODE).parent}:/usr/bin:/bin")
    assert understudy("trust", cwd=root, environment=environment).returncode == 0
    for folder, prefix in ((root, ""), (root / "packages", "packages/")):
        answer = understudy("scan", "--format", "json", cwd=folder, environment=environment)
        found: dict[str, set[str]] = {}
        for problem in json.loads(answer.stdout)["problems"]:
            rules = {f"{each['tool']}:{each['rule']}" for each in problem["findings"]}
            found.setdefault(problem["path"], set()).update(rules)
        of_javascript = {"eslint.config.js", "packages/web/eslint.config.js"}
        shown = {path: rules for path, rules in found.items() if path not in of_javascript}
        wanted = {path: rules for path, rules in EXPECTED.items() if path.startswith(prefix)}
        assert shown == wanted, answer.stderr
