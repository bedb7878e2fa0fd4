"""A project in which the same was done again and again."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path


def committed(project: Path, names: Sequence[str]) -> None:
    """A history in which each file got a test, a day after the other."""
    test = "from {0} import total\n\n\ndef test_{0}_is_empty():\n    assert total([]) == 0\n"
    git = ("git", "-c", "user.name=T", "-c", "user.email=t@example.invalid")
    subprocess.run([*git, "init", "-q"], cwd=project, check=True)
    (project / "tests").mkdir()
    for number, name in enumerate(names):
        (project / f"{name}.py").write_text("def total(items):\n    return len(items)\n")
        (project / f"tests/test_{name}.py").write_text(test.format(name))
        at = f"{int(time.time()) - (len(names) - number) * 86_400} +0000"
        dates = {**os.environ, "GIT_COMMITTER_DATE": at, "GIT_AUTHOR_DATE": at}
        files = (f"{name}.py", f"tests/test_{name}.py")
        subprocess.run([*git, "add", *files], cwd=project, check=True)
        subprocess.run([*git, "commit", "-qm", f"Add {name}"], cwd=project, env=dates, check=True)
