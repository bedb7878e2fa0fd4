"""The channels that the settings of a workspace give it, each made when it is first needed."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

from ...notifications.base import Channel, Undelivered
from ...settings import Settings
from ...settings.notifications import MailChannel, Notifications

log = logging.getLogger(__name__)


class Channels:
    """Belongs to one event loop. ``root`` is the workspace, from which no channel comes."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        root: Path,
        state: Path,
        environ: Mapping[str, str],
    ) -> None:
        self._settings = settings
        self._root = root
        self._state = state
        self._environ = environ
        self._made: dict[str, Channel] = {}
        self._made_of = settings().notifications
        self._making: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, name: str) -> Channel:
        """Raises Undelivered, for good, when there is none of this name or it cannot be used."""
        async with self._making[name]:
            if self._made_of != (own := self._settings().notifications):
                self.close()
                self._made_of = own
            if (channel := self._made.get(name)) is None:
                channel = await self._make(name, own)
                if own == self._made_of:
                    self._made[name] = channel
            return channel

    def close(self) -> None:
        """Let go of what the channels hold on to."""
        made, self._made = self._made, {}
        for name, channel in made.items():
            if (close := getattr(channel, "close", None)) is not None:
                try:
                    close()
                except Exception:  # custom channels are other people's code
                    log.exception("the channel %s could not be closed", name)

    async def _make(self, name: str, own: Notifications) -> Channel:
        kind, _, which = name.partition(":")
        match kind:
            case "console":
                from ...notifications.console import Console

                return Console(sys.stderr, self._environ)
            case "desktop":
                from ...notifications.desktop import Desktop

                return Desktop()
            case "file":
                from ...notifications.file import File, FileConfig

                path = Path(own.file.path) if own.file.path else self._state / "notices.jsonl"
                return File(FileConfig(path, own.file.max_bytes, own.file.keep_days))
            case "mail" if own.mail.host:
                return self._mail(own.mail)
            case "services" if which:
                from ...notifications.services import Service

                return Service(which, self._environ)
            case "channels" if (theirs := own.channels.get(which)) is not None:
                from ...notifications import plugins

                return await asyncio.to_thread(
                    plugins.load, which, name, theirs.options, self._root
                )
        raise Undelivered(f"there is no channel {name!r}, or it is not configured", False)

    def _mail(self, mail: MailChannel) -> Channel:
        from ...notifications.mail import Mail, MailConfig, Security

        config = MailConfig(
            mail.host,
            mail.port,
            mail.from_,
            mail.to,
            Security(mail.security),
            mail.user,
            mail.password_variable,
        )
        return Mail(config, self._environ)
