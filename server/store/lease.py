"""Who of several processes on one workspace runs its triggers and its durable jobs."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from pathlib import Path

TYPE_CHECKING = False  # git hooks, which look who has it, do not import typing
if TYPE_CHECKING:
    from typing import Any

ENGINE = "engine.lock"
"""The lease of who runs triggers and jobs, in a workspace's state folder."""


class Lease:
    """A lock on a file of the state folder, which ends with its last holder.

    Its descriptor is to be inherited by the process under which everything runs: then nobody else
    gets the lease before all that the holder started is gone, however the holder ended.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    @property
    def fd(self) -> int | None:
        """The descriptor to inherit; None when the lease is not ours."""
        return self._fd

    @property
    def is_held(self) -> bool:
        """Whether by us."""
        return self._fd is not None

    def take(self, about: dict[str, Any]) -> bool:
        """Take the lease if nobody has it; ``about`` tells others who has. Raises OSError."""
        if self._fd is not None:
            return True
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        except BaseException:
            os.close(fd)
            raise
        self._fd = fd
        with contextlib.suppress(OSError):  # a full disk: it is ours all the same
            self.tell(about)
        return True

    def adopt(self, fd: int) -> bool:
        """Have the lease that whoever started this process took for it, with the descriptor that it
        left; False when that is no such lease."""
        try:
            if not os.path.samestat(os.fstat(fd), os.stat(self._path)):
                return False
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        os.set_inheritable(fd, False)
        self._fd = fd
        return True

    def tell(self, about: dict[str, Any]) -> None:
        """What others are told of us from now on; the lease has to be ours."""
        assert self._fd is not None
        os.ftruncate(self._fd, os.pwrite(self._fd, json.dumps(about).encode(), 0))

    def holder(self) -> dict[str, Any] | None:
        """What the holder told of itself; None when there is none."""
        if self._fd is None and self._is_free():
            return None
        with contextlib.suppress(OSError, ValueError):
            told = json.loads(self._path.read_bytes())
            return told if isinstance(told, dict) else {}
        return {}

    def _is_free(self) -> bool:
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return True
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(fd)
        return True

    def give_up(self) -> None:
        """Others may have it, once who inherited the descriptor is gone too."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
