"""Pokes between the processes that work on one workspace: "something changed, look".

What there is to know stands in the database; a poke carries nothing. Each process binds a datagram
socket in a private folder, and pokes all others that it finds there. What no file is to hold is
handed to them in the same way.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from .state import private_folder

TYPE_CHECKING = False  # a git hook, which only pokes, imports neither typing nor asyncio
if TYPE_CHECKING:
    import asyncio

LINK = "link"
"""The folder, in a workspace's state folder."""
VIEWS = "views"
"""The folder of those who only look at what is kept, and have nothing to do about it."""
_MOMENT_SECONDS = 0.01
_POKE = b"\0"
_LARGEST = 1 << 18


class Link:
    """``poked`` is called in the event loop, once for any number of pokes that came together, and
    ``handed`` with what another process hands over, before it tells that something changed.

    Without a folder to bind in nobody is poked; looking now and then finds what changed, later.
    """

    def __init__(
        self,
        folder: Path,
        poked: Callable[[], object],
        handed: Callable[[bytes], object] = lambda _: None,
    ) -> None:
        self._folder = folder
        self._poked = poked
        self._handed = handed
        self._socket: socket.socket | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._path = folder / f"{os.getpid()}-{os.urandom(3).hex()}"

    def open(self) -> None:
        """Be told of what others do, from now on. Raises OSError."""
        if self._socket is not None:
            return
        private_folder(self._folder)
        ours = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            ours.setblocking(False)
            with _short(self._folder) as folder:
                ours.bind(f"{folder}/{self._path.name}")
                os.chmod(f"{folder}/{self._path.name}", 0o600)
        except BaseException:
            ours.close()
            raise
        self._socket = ours
        _loop().add_reader(ours, self._receive)

    def _receive(self) -> None:
        assert self._socket is not None
        with contextlib.suppress(OSError):
            while True:
                if (content := self._socket.recv(_LARGEST)) != _POKE:
                    self._handed(content)
        self._poked()

    def hand(self, content: bytes) -> None:
        """Let all others have it, now, as far as they can take it: nothing of it is on disk."""
        _send(self._folder, content, but=self._path)

    def poke(self) -> None:
        """Tell the others, in a moment: what comes together is told once."""
        if self._timer is None:
            self._timer = _loop().call_later(_MOMENT_SECONDS, self._poke)

    def _poke(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            poke(self._folder, but=self._path)

    def close(self) -> None:
        self._poke()
        if self._socket is not None:
            _loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None
            self._path.unlink(missing_ok=True)


def poke(folder: Path, but: Path | None = None) -> None:
    """Poke all that listen in ``folder``; those that are gone are cleared away."""
    _send(folder, _POKE, but)


def _send(folder: Path, content: bytes, but: Path | None) -> None:
    with (
        contextlib.suppress(OSError),
        _short(folder) as short,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours,
    ):
        ours.setblocking(False)
        for other in folder.iterdir():
            if other == but:
                continue
            try:
                ours.sendto(content, f"{short}/{other.name}")
            except ConnectionRefusedError:
                other.unlink(missing_ok=True)
            except OSError:
                continue  # it has more pokes waiting than it needs


@contextlib.contextmanager
def _short(folder: Path) -> Iterator[str]:
    """Another path of the folder: the system takes only a hundred bytes of a socket's."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _loop() -> asyncio.AbstractEventLoop:
    from asyncio import get_running_loop

    return get_running_loop()
