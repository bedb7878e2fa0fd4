"""What the benchmarks work with: real code, the peers in an environment of their own, and us."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).resolve().parent
CACHE = ROOT / ".cache/bench"
SERVER = (sys.executable, "-P", "-m", "understudy", "lsp")

# The same rules for everyone; complexity above 10 is everyone's default.
CONFIGURATION = '[tool.ruff.lint]\nselect = ["E4", "E7", "E9", "F", "S", "C901"]\n'

# What the others do not do is not done: who measures functions, takes longer.
_SETTINGS = "complexity:\n  enabled: false\n"

FILES = {
    100: "django/utils/numberformat.py",
    500: "django/utils/html.py",
    2000: "django/db/models/sql/compiler.py",
    5000: "bottle.py",
}


@dataclass(frozen=True, slots=True)
class World:
    """``corpus`` holds the sources by package; ``peers`` the peers' commands."""

    corpus: Path
    peers: Path

    def command(self, name: str) -> str:
        return str(self.peers / name)


@dataclass(frozen=True)
class Run:
    """What a part is given. ``quick``: it is only to be seen that everything works."""

    folder: Path
    quick: bool

    def rounds(self, quick: int, measured: int) -> int:
        """How often: when it is quick, and when it is to be quoted."""
        return quick if self.quick else measured

    @cached_property
    def world(self) -> World:
        return prepare()


def prepare() -> World:
    """Download once, by hash. Raises CalledProcessError."""
    return World(
        _made("corpus", "corpus.lock", _corpus), _made("peers", "peers.lock", _peers) / "bin"
    )


def sources() -> Path:
    """Django as it is developed, its tests included; downloaded once. Raises CalledProcessError."""
    (found,) = _made("sources", "corpus.lock", _sources).glob("[Dd]jango-*/")
    return found


def versions() -> str:
    """Of ours and of the peers."""
    ours = ", ".join(f"{name} {version(name)}" for name in ("ruff", "bandit"))
    named = r"(bandit|python-lsp-ruff|python-lsp-server|ruff)==(\S+)"
    lock = (HERE / "peers.lock").read_text(encoding="utf-8")
    peers = ", ".join(f"{name} {number}" for name, number in re.findall(f"(?m)^{named}", lock))
    return f"Ours: {ours}. Peers: {peers}"


def environment(state: Path) -> dict[str, str]:
    """For our processes: a state folder of their own, so that nothing is known beforehand."""
    return {**os.environ, "UNDERSTUDY_STATE_DIR": str(state)}


def workspace(folder: Path) -> Path:
    """An empty workspace with the configuration that everyone obeys."""
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(CONFIGURATION, encoding="utf-8")
    (folder / ".understudy").mkdir()
    (folder / ".understudy/config.yaml").write_text(_SETTINGS, encoding="utf-8")
    return folder


def script(name: str) -> str:
    """The command of this environment."""
    return str(Path(sysconfig.get_path("scripts"), name))


def _made(name: str, lock: str, make: object) -> Path:
    content = (HERE / lock).read_bytes()
    folder = CACHE / f"{name}-{hashlib.sha256(content).hexdigest()[:12]}"
    if not (folder / ".ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        assert callable(make)
        make(folder, HERE / lock)
        (folder / ".ready").touch()
    return folder


def _corpus(folder: Path, lock: Path) -> None:
    wheels = folder / "wheels"
    options = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--dest", str(wheels)]
    _run(sys.executable, "-P", "-m", "pip", "download", "--quiet", *options, "-r", str(lock))
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)


def _sources(folder: Path, lock: Path) -> None:
    pip = (sys.executable, "-P", "-m", "pip", "download", "--quiet", "--require-hashes")
    options = ["--no-deps", "--no-binary", ":all:", "--dest", str(folder)]
    _run(*pip, *options, "-r", str(lock))
    for archive in folder.glob("*.tar.gz"):
        _run("tar", "-xzf", str(archive), "-C", str(folder))


def _peers(folder: Path, lock: Path) -> None:
    venv.create(folder, with_pip=True)
    install = [str(folder / "bin/python"), "-P", "-m", "pip", "install", "--quiet"]
    _run(*install, "--require-hashes", "-r", str(lock))
    plugin = shutil.copytree(HERE / "pylsp_bandit", folder / "pylsp_bandit")
    _run(*install, "--no-build-isolation", "--no-deps", str(plugin))


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
