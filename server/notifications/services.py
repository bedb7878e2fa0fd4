"""Whatever service Apprise knows: Slack, Matrix, ntfy, webhooks and a hundred others.

Their addresses hold secrets. They are read from environment variables when they are used, and
neither they nor what is logged of them goes any further.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

from .base import Level, Notice, Undelivered

if TYPE_CHECKING:
    from apprise import AppriseAsset

_STATUS = re.compile(r"\berror=(\d{3})\b")
_PASSING = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}


class Service:
    """The services whose URLs the environment variable ``variable`` holds, as one channel."""

    def __init__(self, variable: str, environ: Mapping[str, str]) -> None:
        self.name = f"services:{variable}"
        self._variable = variable
        self._environ = environ

    async def deliver(self, notice: Notice) -> None:
        await asyncio.to_thread(self._send, notice)

    def _send(self, notice: Notice) -> None:
        _silence()
        import apprise
        from apprise.utils.parse import parse_urls

        asset = apprise.AppriseAsset(app_id="Understudy", app_desc="Understudy", async_mode=False)
        urls: list[str] = parse_urls(self._environ.get(self._variable, ""))  # type: ignore[no-untyped-call]
        if not urls:
            raise Undelivered(f"The environment variable {self._variable} holds no URL", False)
        failures = [failure for url in urls if (failure := _notify(url, notice, asset))]
        if failures:
            # Those that took it get it again, with the others: at least once.
            why = "; ".join(failure.why for failure in failures)
            raise Undelivered(
                f"{self._variable}: {why}", any(failure.transient for failure in failures)
            )


def _notify(url: str, notice: Notice, asset: AppriseAsset) -> Undelivered | None:
    from apprise import Apprise, NotifyFormat, NotifyType

    kinds = {
        Level.INFO: NotifyType.INFO,
        Level.WARNING: NotifyType.WARNING,
        Level.ERROR: NotifyType.FAILURE,
        Level.CRITICAL: NotifyType.FAILURE,
    }
    service = Apprise.instantiate(url, asset=asset)
    if service is None:
        return Undelivered("a URL in it is not one of a service that Apprise knows", False)
    with _overhearing() as said:
        done = service.notify(
            body=notice.message or notice.title,
            title=notice.title,
            notify_type=kinds[notice.level],
            body_format=NotifyFormat.TEXT,
        )
    return None if done else _failure(str(service.service_name), said)


def _failure(service: str, said: list[str]) -> Undelivered:
    """Apprise says only whether it worked; the reply's status is in its log alone."""
    status = next((int(match[1]) for text in said if (match := _STATUS.search(text))), 0)
    if not status:
        return Undelivered(f"{service} could not be reached", True)
    passing = status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return Undelivered(f"{service} answered {status}", passing)


class _Ear(logging.Filter):
    """Takes what is logged in a thread that listens, and lets nothing pass."""

    said = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        heard: list[str] | None = getattr(self.said, "heard", None)
        if heard is not None:
            heard.append(record.getMessage())
        return False


_EAR = _Ear()


def _silence() -> None:
    """Apprise logs URLs with what is secret in their paths, and urllib3 those paths."""
    logging.getLogger("apprise").addFilter(_EAR)
    logging.getLogger("urllib3").setLevel(logging.ERROR)


@contextmanager
def _overhearing() -> Iterator[list[str]]:
    """What Apprise logs in this thread meanwhile."""
    heard: list[str] = []
    _EAR.said.heard = heard
    try:
        yield heard
    finally:
        _EAR.said.heard = None
