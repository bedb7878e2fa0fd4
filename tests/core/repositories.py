"""Real repositories for the tests of what uses git."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from .support import tree


class Git:
    """The real git, with no configuration but the repository's own."""

    ISOLATION = ("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL")

    def __init__(self, root: Path, home: Path) -> None:
        self.root = root
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
            "GIT_AUTHOR_NAME": "A",
            "GIT_AUTHOR_EMAIL": "a@example.org",
            "GIT_COMMITTER_NAME": "A",
            "GIT_COMMITTER_EMAIL": "a@example.org",
        }

    @staticmethod
    def new(folder: Path) -> Git:
        """A repository in ``project`` of the folder, with a home beside it."""
        root, home = folder / "project", folder / "home"
        root.mkdir()
        home.mkdir()
        git = Git(root, home)
        git("init", "--quiet", "--initial-branch=main")
        return git

    def __call__(self, *arguments: str, fails: bool = False) -> str:
        answer = self.run(*arguments)
        assert fails == bool(answer.returncode), answer.stderr
        return answer.stdout.strip()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def commit(self, files: dict[str, str | bytes], *options: str) -> str:
        tree(self.root, files)
        self("add", "--all", "--force")
        self("commit", "--quiet", "--allow-empty", "-m", "work", *options)
        return self("rev-parse", "HEAD")

    def beside(self, root: Path) -> Git:
        """The same git in another repository."""
        other = Git(root, Path(self.environment["HOME"]))
        other.environment = self.environment
        return other
