"""A workspace with everything that the page shows, hostile wherever its texts come from outside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ..core.support import own_environment, tree, understudy
from .server import Server, serving

SCRIPT = "<script>document.title='taken'</script>"
IMAGE = "<img src=x onerror=document.title='taken'>"
WORKFLOW = "on: workflow_dispatch\njobs: {a: {runs-on: x, steps: [{run: make}]}}\n"
CONFIG = {
    "analysis": {"exclude": [SCRIPT]},
    "rules": {"ignore": [f"D100 -- {IMAGE}"]},
    "tasks": {"custom": {"shout": {"command": ["python3", "-c", f"print({SCRIPT!r} * 2)"]}}},
}


class World(NamedTuple):
    root: Path
    environment: dict[str, str]
    secret: Path
    """A file beside the workspace, which nobody is to read."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    home = tmp_path_factory.mktemp("home")
    root, environment = home / "shop", own_environment(home)
    tree(
        root,
        {
            ".understudy/config.yaml": json.dumps(CONFIG),
            f".github/workflows/{'check-everything-' * 3}on-pull-requests.yaml": WORKFLOW,
            "src/app.py": "import os\nassert os\nexec('1')\n",
            f"src/{IMAGE.replace('/', '')}.py": "eval('1')\n",
            "top.py": "import pickle\n\npickle.loads(b'')\n",
        },
    )
    secret = home / "secret.txt"
    secret.write_text("nobody reads this")
    (root / "link.txt").symlink_to(secret)
    for words, code in ((("trust", str(root)), 0), (("scan",), 1), (("run", "shout"), 0)):
        done = understudy(*words, cwd=root, environment=environment)
        assert done.returncode == code, done
    return World(root, environment, secret)


@pytest.fixture(scope="module")
def server(world: World) -> Iterator[Server]:
    with serving(world.environment, world.root) as found:
        yield found
