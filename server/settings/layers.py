"""Where settings come from: the user's file, the project's file, the editor. The one reader."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from ..disk import read_regular

MAX_BYTES = 256 * 1024


class Origin(IntEnum):
    """The order of the layers: a later one overrides an earlier one."""

    USER = 1
    PROJECT = 2
    EDITOR = 3


class Layer(NamedTuple):
    """Settings as they came: the text of a YAML file, or what an editor sent as its tree.

    ``unreadable`` tells a person why there is no content.
    """

    origin: Origin
    content: object
    path: Path | None = None
    unreadable: str = ""


def user_file(environ: Mapping[str, str]) -> Path:
    """The user's settings file, as the XDG base directory specification places it."""
    config = Path(environ.get("XDG_CONFIG_HOME", ""))
    if not config.is_absolute():
        config = Path.home() / ".config"
    return config / "understudy" / "config.yaml"


def project_file(root: Path) -> Path:
    return root / ".understudy" / "config.yaml"


def read_layers(root: Path | None, environ: Mapping[str, str] = os.environ) -> tuple[Layer, ...]:
    """The layers that are files, for the workspace folder ``root``; those that exist."""
    places = [(Origin.USER, user_file(environ))]
    if root is not None:
        places.append((Origin.PROJECT, project_file(root)))
    return tuple(layer for place in places if (layer := _read(*place)) is not None)


def _read(origin: Origin, path: Path) -> Layer | None:
    try:
        content = read_regular(path, MAX_BYTES).decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError as error:
        why = f"it is not UTF-8 (byte {error.start}). Save it as UTF-8"
    except OSError as error:
        why = f"{error.strerror}. Correct the file or remove it"
    else:
        return Layer(origin, content, path)
    return Layer(origin, "", path, f"{path} cannot be read: {why}; until then it has no effect.")
