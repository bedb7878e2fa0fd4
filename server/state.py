"""The state folder: what outlives a session. Only its owner can read it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

_PRIVATE_FOLDER = 0o700


def state_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """``state_place``, made when missing. Raises OSError, with a message for people, when there is
    no folder to rely on."""
    return private_folder(state_place(environ))


def state_place(environ: Mapping[str, str] = os.environ) -> Path:
    """``UNDERSTUDY_STATE_DIR``, else ``understudy`` in the XDG state folder. Raises OSError."""
    if named := environ.get("UNDERSTUDY_STATE_DIR"):
        folder = Path(named)
        if not folder.is_absolute():
            raise OSError(f"UNDERSTUDY_STATE_DIR must be an absolute path, not {named!r}")
    else:
        base = Path(environ.get("XDG_STATE_HOME", ""))
        if not base.is_absolute():
            base = Path.home() / ".local" / "state"
        folder = base / "understudy"
    return folder


def workspace_dir(root: Path, state: Path | None = None) -> Path:
    """The state folder of one workspace, by the real path of its root; made when missing."""
    place = workspace_place(root, state or state_dir())
    private_folder(place.parent)
    return private_folder(place)


def workspace_place(root: Path, state: Path) -> Path:
    """Where ``workspace_dir`` is, or would be."""
    real = os.fsencode(os.path.realpath(root))
    return state / "workspaces" / hashlib.sha256(real).hexdigest()[:24]


LOCK_SECONDS = 5.0
"""Who holds a lock for longer than this has been stopped, or waits for ever itself."""
_LOCK_PAUSE = 0.02


@contextlib.contextmanager
def locked(lock: Path, seconds: float) -> Iterator[None]:
    """Hold the lock file, alone among all processes; what is held ends with its holder.

    For a thread. Raises OSError, also when another process goes on holding it for ``seconds``.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        latest = time.monotonic() + seconds
        while not _taken(descriptor):
            if time.monotonic() >= latest:
                raise TimeoutError(errno.ETIMEDOUT, "another process does not let go of it", lock)
            time.sleep(_LOCK_PAUSE)  # flock itself waits without a limit, or not at all
        yield
    finally:
        os.close(descriptor)


def take(lock: Path) -> int | None:
    """Hold the lock file until the descriptor is closed; None when another process does. Raises
    OSError."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if _taken(descriptor):
        return descriptor
    os.close(descriptor)
    return None


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def private_folder(folder: Path) -> Path:
    """Make ``folder`` (its parents too, as private), or take away what others may do in it. Raises
    OSError, also where it belongs to somebody else."""
    for missing in [each for each in folder.parents if not each.exists()][::-1]:
        missing.mkdir(_PRIVATE_FOLDER, exist_ok=True)
    folder.mkdir(_PRIVATE_FOLDER, exist_ok=True)
    about = folder.stat()
    if about.st_uid != os.geteuid():
        raise OSError(f"{folder} belongs to another user (uid {about.st_uid})")
    if stat.S_IMODE(about.st_mode) != _PRIVATE_FOLDER:
        folder.chmod(_PRIVATE_FOLDER)
    return folder


def private(path: str, flags: int) -> int:
    """An ``opener`` of files that are their owner's alone."""
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def replace_file(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Put ``content`` at ``path``, whole and on disk or not at all. Raises OSError."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have on disk which names the folder holds. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
