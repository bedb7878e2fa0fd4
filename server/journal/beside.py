"""What waits beside its place: files that are written and not yet under their names.

Owners, attributes and times are given to what is open, and never to a name.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ..disk import named
from .beneath import Beneath, look, open_file
from .change import Change, Entry, State

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_KEPT = re.compile(r"user\.|system\.posix_acl_access$")  # security.capability lends rights


def temporary(mark: str, name: str, what: str) -> str:
    """A temporary file beside ``name``: a ``new`` one on its way in, an ``old`` one on its way
    out."""
    short = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
    return f".understudy-{mark}-{short}.{what}"


def write_beside(place: Beneath, change: Change, mark: str) -> None:
    """Write what is to come beside its place."""
    after = change.after
    assert after is not None
    with place.at(change.path) as (folder, name):
        new = temporary(mark, name, "new")
        if after.equals(look(folder, new)):
            return  # it was brought back
        if after.entry is Entry.LINK:
            os.symlink(after.target, new, dir_fd=folder)
            with opened(folder, new, os.O_PATH) as made:
                if os.readlink("", dir_fd=made) != after.target:
                    raise changed()
                own(folder, made)
                _date(made, after)
        else:
            made = os.open(new, _CREATE, 0o600, dir_fd=folder)
            with os.fdopen(made, "wb") as file:
                file.writelines(after.chunks())
                file.flush()
                own(folder, made)
                _make_alike(made, folder, name)
                os.fchmod(made, after.mode)
                _date(made, after)


@contextmanager
def opened(folder: int, name: str, flags: int) -> Iterator[int]:
    descriptor = os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def own(folder: int, made: int) -> None:
    """What root makes belongs to whom the folder belongs to."""
    if os.geteuid() == 0:
        about = os.fstat(folder)
        os.chown(named(made), about.st_uid, about.st_gid)


def _date(made: int, after: State) -> None:
    if after.modified:
        os.utime(named(made), ns=(after.modified, after.modified))


def _make_alike(descriptor: int, folder: int, name: str) -> None:
    """Give a new file the owner and the attributes of the one that it takes the place of."""
    try:
        stands = open_file(folder, name)
    except OSError:
        return
    try:
        old, new = os.fstat(stands), os.fstat(descriptor)
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            os.fchown(descriptor, old.st_uid, old.st_gid)
        with suppress(OSError, AttributeError):  # not every file system, and system, has any
            for attribute in filter(_KEPT.match, os.listxattr(stands)):
                os.setxattr(descriptor, attribute, os.getxattr(stands, attribute))
    finally:
        os.close(stands)


def changed() -> OSError:
    return OSError(errno.ESTALE, "It was changed meanwhile")
