"""By what the files of a workspace are known, without reading them: whoever writes one, also with
the same content, makes it another."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ...discover import discover

KEY = "files"
"""Where it stands in what a run of the tests leaves with its job."""


def stamp(root: Path) -> str:
    """The same as long as no file below ``root`` comes, goes or is written, of those that are not
    ignored. Blocks."""
    digest = hashlib.blake2b(digest_size=16)
    for each in discover(root, root, ("",), ()):
        said = f"{each.path}\0{each.size}\0{each.mtime_ns}\0{each.inode}\0"
        digest.update(said.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
