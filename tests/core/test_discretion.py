"""What other tools quote of a secret is neither kept nor told: in words, in fixes, in complaints."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from .programs import EXPRESSION, program
from .support import own_environment, tree, understudy

VALUE = "hunter2correcthorse"
MASKED = "*" * len(VALUE)
FILES = {
    ".git/HEAD": "",
    "ruff.toml": "preview = true\n"
    'lint.select = ["S", "Q", "PLR2004", "F"]\n'
    "lint.pylint.allow-magic-value-types = []\n",
    ".pylintrc": "[MAIN]\nload-plugins=pylint.extensions.magic_value\n"
    "[MAGIC-VALUE]\nvalid-magic-values=0\n",
    "a.py": f'"""It."""\n# They don\'t look.\nimport os\n\n\ndef is_it(password):\n'
    f"    return password == '{VALUE}' or os.sep\n",
    "b.yml": f"# don't\npassword: {VALUE}\n",
}


def settings(folder: Path, *, secrets: bool) -> str:
    """A command of the user's quotes the line, and complains of it."""
    body = 'line=$(grep -n hunter2 "$1"); echo "$1:1: error: see $line"; echo "$line" >&2; exit 3'
    command = {"command": [str(program(folder / "quote", body))], "output": EXPRESSION}
    return json.dumps(
        {
            "secrets": {"enabled": secrets},
            "pylint": {"enabled": True, "interpreter": sys.executable},
            "analyzers": {"custom": {"quote": {**command, "files": ["*.py", "*.yml"]}}},
        }
    )


class World:
    """A trusted workspace in which secrets are looked for, or not."""

    def __init__(self, folder: Path, *, secrets: bool) -> None:
        self.root = tree(folder / "shop", FILES)
        own = settings(folder, secrets=secrets)
        self.home = tree(folder / "home", {".config/understudy/config.yaml": own})
        self._environment = own_environment(self.home, PYLINTHOME=str(folder / "pylint"))
        understudy("trust", ".", cwd=self.root, environment=self._environment)

    def scanned(self, format_: str) -> str:
        words = ("scan", "--format", format_)
        done = understudy(*words, cwd=self.root, environment=self._environment)
        return done.stdout + done.stderr


def test_a_secret_is_told_by_nobody(tmp_path: Path) -> None:
    world = World(tmp_path, secrets=True)
    heard = "".join(world.scanned(each) for each in ("text", "json", "sarif", "github"))
    for rule in ("KeywordDetector", "Q000", "PLR2004", "quote"):
        assert rule in heard
    assert VALUE not in heard
    kept = {path: path.read_bytes() for path in world.home.rglob("*") if path.is_file()}
    assert any(path.suffix == ".db" for path in kept)
    assert not [path for path, content in kept.items() if VALUE.encode() in content]


def test_what_a_tool_itself_calls_a_secret_it_does_not_tell(tmp_path: Path) -> None:
    """Where nobody looks for secrets: Ruff knows of S105 that its PLR2004 quotes one."""
    world = World(tmp_path, secrets=False)
    problems = json.loads(world.scanned("json"))["problems"]
    said = {f["rule"]: f["message"] for each in problems for f in each["findings"]}
    assert "S105" in said
    assert MASKED in said["PLR2004"]
    assert VALUE in said["R2004"], "of which Pylint knows nothing"
