"""Services through Apprise: a webhook on loopback, with real replies."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from understudy.notifications.base import Notice, Undelivered, attempt
from understudy.notifications.services import Service

SECRET = "s3cr3t-t0ken"


class Hook(HTTPServer):
    """``replies`` by path, else 200; ``got`` is what was posted."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.replies: dict[str, int] = {}
        self.got: list[dict[str, Any]] = []

    def url(self, path: str = "") -> str:
        return f"json://user:{SECRET}@127.0.0.1:{self.server_port}/{SECRET}/{path}"


class _Answer(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(json.loads(body))
        self.send_response(self.server.replies.get(self.path.rsplit("/", 1)[-1], 200))
        self.end_headers()
        self.wfile.write(SECRET.encode())

    def log_message(self, *_: object) -> None:
        """The test looks at what was got."""


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def test_a_webhook_is_told(hook: Hook, notice: Notice) -> None:
    service = Service("HOOK", {"HOOK": hook.url()})
    await attempt(service, notice)
    (got,) = hook.got
    assert (got["title"], got["message"], got["type"]) == (notice.title, notice.message, "failure")
    assert service.name == "services:HOOK"


@pytest.mark.parametrize(
    ("status", "transient"),
    [(400, False), (401, False), (404, False), (408, True), (429, True), (500, True), (503, True)],
)
async def test_a_reply_says_whether_to_try_again(
    hook: Hook, notice: Notice, status: int, transient: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hook.replies["bad"] = status
    with pytest.raises(Undelivered, match=f"HOOK: JSON answered {status}") as caught:
        await attempt(Service("HOOK", {"HOOK": hook.url("bad")}), notice)
    assert caught.value.transient is transient
    assert SECRET not in caught.value.why
    assert SECRET not in caplog.text


async def test_one_of_two_that_fails_is_told_of(hook: Hook, notice: Notice) -> None:
    hook.replies["bad"] = 403
    with pytest.raises(Undelivered, match="403"):
        await attempt(Service("HOOK", {"HOOK": f"{hook.url('bad')}, {hook.url('good')}"}), notice)
    assert len(hook.got) == 2


async def test_a_service_that_is_not_there(
    notice: Notice, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        url = f"json://127.0.0.1:{taken.getsockname()[1]}/{SECRET}"
        with pytest.raises(Undelivered, match="JSON could not be reached") as caught:
            await attempt(Service("HOOK", {"HOOK": url}), notice)
    assert caught.value.transient
    assert SECRET not in caught.value.why + caplog.text


@pytest.mark.parametrize(
    ("value", "why"), [("", "HOOK holds no URL"), (f"nonsense://{SECRET}", "not one of a service")]
)
async def test_a_variable_that_is_of_no_use(
    notice: Notice, value: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Undelivered, match=why) as caught:
        await attempt(Service("HOOK", {"HOOK": value}), notice)
    assert not caught.value.transient
    assert SECRET not in caught.value.why + caplog.text
