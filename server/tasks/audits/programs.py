"""The programs that audit: which they are, and that none of them is the workspace's. Looks at the
disk: for a thread."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from ...analyzers.installations import is_program, resolve_program
from ...analyzers.managed import managed
from ...trust import inside, search_path
from .pip_audit import NAME

_PYTHON = ("PYTHON", "PIP_AUDIT_", "VIRTUAL_ENV")


class NoProgram(Exception):
    """With what to do about it."""


def pip_audit(named: str, root: Path, environ: Mapping[str, str], *, trusted: bool) -> list[str]:
    """What ``audit.pipAudit`` names, else what was installed on the user's word, else the one
    installed with us, else the one on the PATH. Raises NoProgram."""
    if not named:
        if own := managed(NAME, NAME):
            return [own]
        if importlib.util.find_spec("pip_audit") is not None:
            return [sys.executable, "-P", "-m", "pip_audit"]
    install = f"install it (`understudy install {NAME}`)"
    return [_program(named, NAME, "audit.pipAudit", install, root, environ, trusted=trusted)]


def npm(named: str, root: Path, environ: Mapping[str, str], *, trusted: bool) -> list[str]:
    """What ``audit.npm`` names, else the one on the PATH. Raises NoProgram."""
    install = "install Node.js"
    return [_program(named, "npm", "audit.npm", install, root, environ, trusted=trusted)]


def _program(
    named: str,
    name: str,
    setting: str,
    install: str,
    root: Path,
    environ: Mapping[str, str],
    *,
    trusted: bool,
) -> str:
    if named:
        path = resolve_program(named, root)
        if not is_program(path):
            raise NoProgram(f"{setting} names {named}, which is no program; correct or clear it")
        if inside(path, root) and not trusted:
            raise NoProgram(f"{setting} names a program of the workspace, which is not trusted")
        return path
    path = shutil.which(name, path=search_path(root, environ)) or ""
    if not path:
        raise NoProgram(f"{name} is not installed; {install}, or name it in {setting}")
    return path


def environment(root: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """What a program that audits inherits: nothing that configures Python or pip-audit."""
    kept = {name: value for name, value in environ.items() if not name.startswith(_PYTHON)}
    # pip-audit asks pip for its version, in the folder that it runs in.
    return {**kept, "PATH": search_path(root, environ), "PYTHONSAFEPATH": "1"}
