"""Making checked changes, in an order in which each finds its folder. Nothing that stands there is
removed before it was seen to be what is known: what somebody else has just saved stays.

Contents are written beside their places first; from there on, only names change. Root may be at
work in the folder of somebody who exchanges names meanwhile: modes are given to what is open, and
never to a name.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial

from .beneath import (
    ABSENT,
    FEW,
    Beneath,
    exchange,
    is_written_to,
    look,
    open_file,
    rename_new,
    sync_all,
    syncs_whole,
)
from .beside import changed, opened, own, temporary, write_beside
from .change import Change, Entry, gains_folder, loses_folder

_OTHERS = 0o077


def carry_out(place: Beneath, changes: Sequence[Change], mark: str) -> None:
    """Make changes that ``check`` has seen, with contents from their places. ``mark`` is a part of
    the names of temporary files, which nobody can have known before: what has one is ours.

    Raises OSError anywhere on the way: ``settle`` and what leads back then make it as it was.
    """
    down = sorted(changes, key=lambda change: change.path)
    written = [change for change in down if _is_written(change)]
    for order, concerned, act in (
        (down, _is_locked, _let_in),
        (down, _becomes_folder, _set_aside),
        (down, gains_folder, _make_folder),
        (written, _is_written, write_beside),
    ):
        for change in filter(concerned, order):
            with _told_of(place, change):
                act(place, change, mark)
    _sync_beside(place, list(_beside(written, mark)))
    for order, concerned, act in (
        (down, _goes, _take),
        (down, _is_renamed, _rename),
        (down[::-1], loses_folder, _remove_folder),
        (written, _is_written, _put),
        (down, _becomes_folder, _drop_aside),
        (down[::-1], _gets_mode, _set_mode),
    ):
        for change in filter(concerned, order):
            with _told_of(place, change):
                act(place, change, mark)
    sync(place, changes)


@contextmanager
def _told_of(place: Beneath, change: Change) -> Iterator[None]:
    """An error names the file, and not what waits beside it."""
    try:
        yield
    except OSError as error:
        if error.strerror:
            error.filename, error.filename2 = str(place.root / (change.old or change.path)), None
        raise


def settle(place: Beneath, changes: Sequence[Change], mark: str) -> None:
    """After an interruption: no temporary file is left, and what stood somewhere and was on its
    way out stands there again. Raises OSError."""
    for change in changes:
        try:
            with place.at(change.path) as (folder, name):
                _settle(folder, name, change, mark)
        except OSError as error:
            if error.errno not in ABSENT:  # with their folder, temporary files are gone, too
                raise


def bring_back(place: Beneath, changes: Sequence[Change], mark: str, back: str) -> None:
    """What is still aside of a way there, marked so, is as if written for the way ``back``: that
    takes no room, of which there may be none. Raises OSError."""
    for change in filter(_becomes_folder, changes):
        with suppress(FileNotFoundError), place.at(change.path) as (folder, name):
            old, new = temporary(mark, name, "old"), temporary(back, name, "new")
            os.rename(old, new, src_dir_fd=folder, dst_dir_fd=folder)


def clear(place: Beneath, changes: Sequence[Change], mark: str) -> None:
    """Nothing is aside any more. Raises OSError."""
    for change in filter(_becomes_folder, changes):
        with suppress(FileNotFoundError):
            _drop_aside(place, change, mark)


def sync(place: Beneath, changes: Sequence[Change]) -> None:
    """Have on disk which names there are, and the modes of what has its content from before.
    Raises OSError."""
    above = _above(path for change in changes for path in change.paths)
    moded = {each.path for each in changes if _gets_mode(each) and _is_readable(each)}
    sync_all([partial(place.open_any, path) for path in above | moded])


def _sync_beside(place: Beneath, paths: Sequence[str]) -> None:
    """Of many, one of each folder stands for the file system that holds them all."""
    if len(paths) > FEW and syncs_whole():
        sync_all([partial(place.open_folder, path) for path in _above(paths)], whole=True)
    else:
        sync_all([partial(place.open, path) for path in paths])


def _above(paths: Iterable[str]) -> set[str]:
    return {path.rpartition("/")[0] for path in paths}


def _is_locked(change: Change) -> bool:
    """A folder that goes or gets another mode, and that its owner let nobody write in."""
    before = change.before
    if before is None or not before.is_folder or before.mode & 0o700 == 0o700:
        return False
    return not before.equals(change.after)


def _becomes_folder(change: Change) -> bool:
    return change.before is not None and gains_folder(change)


def _goes(change: Change) -> bool:
    return change.after is None and not loses_folder(change)


def _is_renamed(change: Change) -> bool:
    return bool(change.old)


def _is_written(change: Change) -> bool:
    after = change.after
    if change.old or after is None or after.is_folder:
        return False
    return change.before is None or not change.before.holds(after)


def _gets_mode(change: Change) -> bool:
    """Has its content already, and may need its mode."""
    before, after = change.before, change.after
    if after is None or after.entry is Entry.LINK or _is_written(change):
        return False
    return after.is_folder or (before is not None and before.mode != after.mode)


def _is_readable(change: Change) -> bool:
    return change.after is not None and bool(change.after.mode & 0o400)


def _beside(written: Iterable[Change], mark: str) -> Iterator[str]:
    """The paths of the files that ``write_beside`` has made."""
    for change in written:
        if change.after and change.after.entry is Entry.FILE:
            above, slash, name = change.path.rpartition("/")
            yield f"{above}{slash}{temporary(mark, name, 'new')}"


def _let_in(place: Beneath, change: Change, _mark: str) -> None:
    assert change.before is not None
    _set_folder_mode(place, change.path, change.before.mode | 0o700)


def _make_folder(place: Beneath, change: Change, _mark: str) -> None:
    with place.at(change.path) as (folder, name):
        os.mkdir(name, 0o700, dir_fd=folder)
        with opened(folder, name, os.O_RDONLY | os.O_DIRECTORY) as made:
            if os.listdir(made) or os.fstat(made).st_uid != os.geteuid():
                raise changed()
            own(folder, made)


def _remove_folder(place: Beneath, change: Change, _mark: str) -> None:
    with place.at(change.path) as (folder, name):
        os.rmdir(name, dir_fd=folder)


def _take(place: Beneath, change: Change, mark: str) -> None:
    """Remove a file or a link."""
    _set_aside(place, change, mark)
    _drop_aside(place, change, mark)


def _set_aside(place: Beneath, change: Change, mark: str) -> None:
    with place.at(change.path) as (folder, name):
        old = temporary(mark, name, "old")
        os.rename(name, old, src_dir_fd=folder, dst_dir_fd=folder)
        try:
            _want_known(folder, old, change)
        except OSError:
            rename_new(folder, old, folder, name)
            raise


def _drop_aside(place: Beneath, change: Change, mark: str) -> None:
    with place.at(change.path) as (folder, name):
        os.unlink(temporary(mark, name, "old"), dir_fd=folder)


def _put(place: Beneath, change: Change, mark: str) -> None:
    """Give what is beside its place its name."""
    assert change.after is not None
    with place.at(change.path) as (folder, name):
        new = temporary(mark, name, "new")
        if not change.after.holds(look(folder, new)):
            raise changed()
        if change.before is None or change.before.is_folder:
            rename_new(folder, new, folder, name)
        elif exchange(folder, new, name):
            try:
                _want_known(folder, new, change)
            except OSError:
                exchange(folder, new, name)
                raise
            os.unlink(new, dir_fd=folder)
        else:
            _want_known(folder, name, change)
            os.replace(new, name, src_dir_fd=folder, dst_dir_fd=folder)


def _rename(place: Beneath, change: Change, _mark: str) -> None:
    with place.at(change.old) as (source, old), place.at(change.path) as (target, new):
        if not _is_known(source, old, change):
            raise changed()
        rename_new(source, old, target, new)


def _set_mode(place: Beneath, change: Change, _mark: str) -> None:
    after = change.after
    assert after is not None
    if after.is_folder:
        _set_folder_mode(place, change.path, after.mode)
    else:
        with os.fdopen(place.open(change.path), "rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != after.digest:
                raise changed()
            os.fchmod(file.fileno(), after.mode)


def _set_folder_mode(place: Beneath, path: str, mode: int) -> None:
    """Nothing says which folder it is: of root's, nothing is opened to more eyes in the folder of
    another, who may just have put it there."""
    with place.at(path) as (above, _), place.folder(path) as folder:
        about = os.fstat(folder)
        opens = mode & ~about.st_mode & _OTHERS
        if opens and about.st_uid == 0 != os.fstat(above).st_uid:
            raise PermissionError(errno.EPERM, "It is root's, in the folder of another user")
        os.fchmod(folder, mode)


def _want_known(folder: int, name: str, change: Change) -> None:
    """Of what is to go: it is what is known, and stays so. Who has it open already could write to
    it after it was looked at, and nobody would have it. Raises OSError."""
    if change.before and change.before.entry is Entry.FILE and _is_written_to(folder, name):
        raise OSError(errno.EBUSY, "A program has it open, to write to it")
    if not _is_known(folder, name, change):
        raise changed()


def _is_written_to(folder: int, name: str) -> bool:
    with suppress(OSError):  # it became something else
        descriptor = open_file(folder, name)
        try:
            return is_written_to(descriptor)
        finally:
            os.close(descriptor)
    return False


def _is_known(folder: int, name: str, change: Change) -> bool:
    return change.before is not None and change.before.holds(look(folder, name))


def _settle(folder: int, name: str, change: Change, mark: str) -> None:
    before, after = change.before, change.after
    new, old = temporary(mark, name, "new"), temporary(mark, name, "old")
    if taken := look(folder, old):
        stands = look(folder, name)
        if stands is None:
            rename_new(folder, old, folder, name)
        elif _becomes_folder(change) and stands.is_folder:
            pass  # it waits to be brought back, or for all to be done
        elif taken.holds(before):
            os.unlink(old, dir_fd=folder)
    if staged := look(folder, new):
        stands = look(folder, name)
        exchanged = before and not before.is_folder and after and after.holds(stands)
        if exchanged and not staged.holds(after):
            exchange(folder, new, name)
        os.unlink(new, dir_fd=folder)
