"""What a script may do in the sandbox: what it declares, within the limits of the settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..sandbox.policy import Limits, Policy
from ..settings.learning import Automations as Settings
from .narrowing import CACHES, filled
from .pattern import Type

if TYPE_CHECKING:  # it takes long to import
    from .metadata import Permissions

_ENVIRONMENTS = (".venv", "venv")
_MB = 1 << 20
_OUTPUT = 1 * _MB


def policy(
    permissions: Permissions,
    settings: Settings,
    script: Path,
    secrets: Mapping[str, str],
    root: Path,
) -> Policy:
    """What a script may do: what it declares, within the limits of the settings. ``secrets``: the
    environment variables that it gets them from; ``root``: the workspace, which is trusted."""
    limits = Limits(
        seconds=settings.timeout_seconds,
        cpu=settings.timeout_seconds * 4,
        memory=settings.memory_mb * _MB,
        disk=settings.disk_mb * _MB,
        file=settings.disk_mb * _MB,
        output=_OUTPUT,
        processes=settings.processes,
    )
    hosts = tuple(permissions.network)
    own = (f"{each}/**" for each in _ENVIRONMENTS)
    return Policy(
        read=(str(script),),
        show=(*permissions.read, *permissions.write, *(own if permissions.run else ())),
        write=tuple(permissions.write) or ("!**",),
        hosts=hosts,
        run=tuple(permissions.run),
        variables={"PATH": _path(root)},
        secrets=secrets,
        limits=limits,
        scratch=CACHES,
        copy=bool(hosts),  # it could not be run twice
    )


def held(policy: Policy, values: Mapping[str, str], types: Mapping[str, Type]) -> Policy:
    """With what a script declares for these values of its parameters."""
    show, write = (filled(each, values, types) for each in (policy.show, policy.write))
    return replace(policy, show=show, write=write)


def _path(root: Path) -> str:
    """Where programs are: in the workspace's own environment first, as who types has it active."""
    own = [str(root / each / "bin") for each in _ENVIRONMENTS]
    return os.pathsep.join([*filter(os.path.isdir, own), os.environ.get("PATH", os.defpath)])
