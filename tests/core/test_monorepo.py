"""One tree, several packages: in each, each tool has the configuration that is nearest."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from understudy.settings import Settings

from .eslint_support import NODE, modules
from .support import own_environment, tree, understudy_here
from .test_optional_tools import executable

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
    assert understudy_here("trust", cwd=root, environment=environment).returncode == 0
    for folder, prefix in ((root, ""), (root / "packages", "packages/")):
        answer = understudy_here("scan", "--format", "json", cwd=folder, environment=environment)
        found: dict[str, set[str]] = {}
        for problem in json.loads(answer.stdout)["problems"]:
            rules = {f"{each['tool']}:{each['rule']}" for each in problem["findings"]}
            found.setdefault(problem["path"], set()).update(rules)
        of_javascript = {"eslint.config.js", "packages/web/eslint.config.js"}
        shown = {path: rules for path, rules in found.items() if path not in of_javascript}
        wanted = {path: rules for path, rules in EXPECTED.items() if path.startswith(prefix)}
        assert shown == wanted, answer.stderr


TYPES = "import os\n\n\ndef f(a, b: int = None):\n    return a\n"
DOCKERFILE = "FROM debian\nRUN cd /tmp && ls\n"
PROGRAMS = {
    ".git/HEAD": "ref: refs/heads/main\n",
    "mypy.ini": "[mypy]\n",
    "pylintrc": "[MAIN]\ndisable=all\nenable=W0611\n",
    ".hadolint.yaml": "ignored: [DL3006]\n",
    "top.py": TYPES,
    "Dockerfile": DOCKERFILE,
    "packages/shop/setup.cfg": "[metadata]\nname = shop\n[mypy]\ndisallow_untyped_defs = true\n",
    "packages/shop/pyproject.toml": "[project]\nname = 'shop'\n",
    "packages/shop/.pylintrc": "[MAIN]\ndisable=all\nenable=W0613\n",
    "packages/shop/.hadolint.yaml": "ignored: [DL3003]\n",
    "packages/shop/src/deep/a.py": TYPES,
    "packages/shop/src/Dockerfile": DOCKERFILE,
    "packages/web/pyproject.toml": "[tool.mypy]\nimplicit_optional = true\n",
    "packages/web/a.py": TYPES,
    "packages/plain/pyproject.toml": "[project]\nname = 'plain'\n",
    "packages/plain/a.py": TYPES,
    "packages/plain/Dockerfile": DOCKERFILE,
}
BY_PROGRAMS = {
    "top.py": {"mypy:assignment", "pylint:W0611"},
    "Dockerfile": {"hadolint:DL3003"},
    "packages/shop/src/deep/a.py": {"mypy:assignment", "mypy:no-untyped-def", "pylint:W0613"},
    "packages/shop/src/Dockerfile": {"hadolint:DL3006"},
    "packages/web/a.py": {"pylint:W0611"},
    "packages/plain/a.py": {"mypy:assignment", "pylint:W0611"},
    "packages/plain/Dockerfile": {"hadolint:DL3003"},
}


def test_programs_have_the_nearest_configuration_too(tmp_path: Path) -> None:
    root = tree(tmp_path / "repository", PROGRAMS)
    programs = {tool: {"enabled": True, "path": executable(tool)} for tool in ("mypy", "hadolint")}
    pylint = {"enabled": True, "interpreter": sys.executable}
    own = {**programs, "pylint": pylint, "ruff": {"enabled": False}, "bandit": {"enabled": False}}
    tree(tmp_path / ".config/understudy", {"config.yaml": json.dumps(own)})
    environment = own_environment(tmp_path)
    assert understudy_here("trust", cwd=root, environment=environment).returncode == 0
    answer = understudy_here("scan", "--format", "json", cwd=root, environment=environment)
    found: dict[str, set[str]] = {}
    for problem in json.loads(answer.stdout)["problems"]:
        rules = {f"{each['tool']}:{each['rule']}" for each in problem["findings"]}
        found.setdefault(problem["path"], set()).update(rules)
    assert found == BY_PROGRAMS, answer.stderr
