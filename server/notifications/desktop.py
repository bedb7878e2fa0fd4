"""The desktop's own notifications, through desktop-notifier (D-Bus, macOS, Windows)."""

from __future__ import annotations

import asyncio
import contextlib
import html
import importlib
import sys
from typing import TYPE_CHECKING

from .base import Level, Notice, Undelivered
from .templates import printable

if TYPE_CHECKING:
    from desktop_notifier.backends.base import DesktopNotifierBackend

_HAS_MARKUP = sys.platform not in {"darwin", "win32"}
"""The body of a D-Bus notification is a kind of HTML."""


class Desktop:
    """Keeps its connection, since some desktops withdraw the notices of one that went away; after a
    failure the next attempt makes a new one. Belongs to one event loop, and sends one at a time, as
    the connection does not say which it has sent."""

    name = "desktop"

    def __init__(self, application: str = "Understudy") -> None:
        self._application = application
        self._backend: DesktopNotifierBackend | None = None
        self._sending = asyncio.Lock()

    async def deliver(self, notice: Notice) -> None:
        async with self._sending:
            try:
                await self._send(notice)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        backend, self._backend = self._backend, None
        bus = getattr(backend, "bus", None)
        if bus is not None:
            with contextlib.suppress(Exception):
                bus.disconnect()

    async def _send(self, notice: Notice) -> None:
        await asyncio.to_thread(importlib.import_module, "desktop_notifier.main")
        from desktop_notifier import common

        urgency = {Level.INFO: common.Urgency.Low, Level.CRITICAL: common.Urgency.Critical}
        message = printable(notice.message)
        wanted = common.Notification(
            title=printable(notice.title),
            message=html.escape(message, quote=False) if _HAS_MARKUP else message,
            urgency=urgency.get(notice.level, common.Urgency.Normal),
        )
        backend = await self._connected()
        # The library logs what goes wrong in sending, and tells of success alone.
        dispatched: list[str] = []
        backend.on_dispatched = dispatched.append
        await backend.send(wanted)
        if wanted.identifier not in dispatched:
            raise Undelivered("The desktop's notification service did not take it", True)

    async def _connected(self) -> DesktopNotifierBackend:
        if self._backend is not None:
            return self._backend
        from desktop_notifier.backends.dummy import DummyNotificationCenter
        from desktop_notifier.main import get_backend_class

        kind = get_backend_class()
        if kind is DummyNotificationCenter:
            raise Undelivered("There are no desktop notifications on this system", False)
        self._backend = backend = kind(self._application)
        try:
            if not (await backend.has_authorisation() or await backend.request_authorisation()):
                raise Undelivered("The desktop does not allow notifications of Understudy", False)
            await backend.get_capabilities()
        except (OSError, EOFError, ValueError) as error:
            raise Undelivered("There is no desktop session to be reached here", False) from error
        except Exception as error:
            if not type(error).__module__.startswith("dbus_fast"):
                raise
            why = "No notification service answers on the desktop's message bus"
            raise Undelivered(why, True) from error
        return backend
