"""What somebody else on this machine, or a page elsewhere, tries; and what it gets."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import cast
from urllib.parse import quote, urlsplit

import psutil
import pytest
from starlette.types import Message

from understudy.app.overview.actions import ACTIONS
from understudy.app.overview.overview import Overview
from understudy.dashboard import pages
from understudy.dashboard.keys import Keys
from understudy.dashboard.pages import Pages

from ..core.support import tree, understudy
from .conftest import IMAGE, SCRIPT, World
from .server import PATIENCE, Browser, Server, serving


@pytest.fixture
def browser(server: Server) -> Browser:
    """One of its own for each test: of many, the oldest session ends."""
    return server.enter()


def test_who_is_let_in_sees_the_page(browser: Browser) -> None:
    answer = browser.ask()
    assert answer.status == 200
    assert "src/app.py:3" in answer.text
    assert "pickle" in answer.text


# ── who asks ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "0.0.0.0:{port}",
        "",
        "[::1]:{port}",
    ],
)
def test_another_name_leads_nowhere(browser: Browser, host: str) -> None:
    """A name of the attacker's that leads to this machine: DNS rebinding."""
    answer = browser.ask(Host=host.format(port=browser.server.port))
    assert answer.status in (400, 421)
    assert "pickle" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    ],
)
def test_another_page_is_not_answered(browser: Browser, headers: dict[str, str]) -> None:
    for path in ("", "events", "static/page.js"):
        assert browser.ask(path, **headers).status == 403


@pytest.mark.parametrize("path", ["", "events", "{workspace}/findings", "{workspace}/logs?job=1"])
@pytest.mark.parametrize("cookie", ["", "{name}=wrong", "{name}=", "other={value}", "{name}=\xff"])
def test_without_the_cookie_nothing_is_shown(browser: Browser, path: str, cookie: str) -> None:
    name, _, value = browser.cookie.partition("=")
    given = browser.server.base + path.format(workspace=browser.workspace)
    told = {"Cookie": cookie.format(name=name, value=value)}
    answer = browser.server.ask(given, headers=told)
    assert answer.status == 401
    assert "pickle" not in answer.text


def test_the_cookie_is_strict_and_of_this_path_alone(server: Server) -> None:
    parts = urlsplit(server.link())
    told = server.ask(f"{parts.path}?{parts.query}").headers["set-cookie"].lower()
    assert "httponly" in told
    assert "samesite=strict" in told
    assert f"path={server.base}".lower() in told
    assert len(server.base) > 20


def test_a_link_can_be_followed_once(server: Server) -> None:
    link = server.link()
    server.enter(link)
    parts = urlsplit(link)
    again = server.ask(f"{parts.path}?{parts.query}")
    assert again.status == 403
    assert "set-cookie" not in again.headers


@pytest.mark.parametrize("query", ["", "?key=", "?key=wrong", "?key=%00", f"?key={'a' * 9000}"])
def test_what_is_no_secret_lets_nobody_in(server: Server, query: str) -> None:
    assert server.ask(f"{server.base}enter{query}").status == 403


def test_a_link_that_is_only_fetched_ahead_is_not_used_up(server: Server) -> None:
    link = server.link()
    parts = urlsplit(link)
    path = f"{parts.path}?{parts.query}"
    assert server.ask(path, headers={"Sec-Purpose": "prefetch;prerender"}).status == 403
    assert server.ask(path, method="HEAD").status == 405
    server.enter(link)


def test_the_cookie_of_one_dashboard_is_none_of_another(world: World, browser: Browser) -> None:
    with serving(world.environment, world.root) as other:
        for path in (other.base, f"{other.base}events"):
            assert other.ask(path, headers={"Cookie": browser.cookie}).status == 401
        value = browser.cookie.partition("=")[2]
        name = other.enter(other.first).cookie.partition("=")[0]
        assert name != browser.cookie.partition("=")[0]
        assert other.ask(other.base, headers={"Cookie": f"{name}={value}"}).status == 401


# ── what is done ────────────────────────────────────────────────────────────────────────────────


FOREIGN: tuple[dict[str, str], ...] = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "", "Sec-Fetch-Site": "cross-site"},
    {"Cookie": ""},
    {"Host": "evil.example"},
    {"Content-Type": "text/plain"},
    {"Content-Type": "application/json"},
)


def test_a_form_of_another_page_does_nothing(world: World) -> None:
    with serving(world.environment, world.root) as server:
        browser = server.enter(server.first)
        browser.unlock()
        path = f"{browser.workspace}/do/run"
        for headers in FOREIGN:
            refused = browser.send(path, headers, csrf=browser.csrf, what="shout")
            assert refused.status in (401, 403, 415, 421), headers
            assert "is queued" not in browser.ask().text, headers
        assert browser.send(path, csrf=browser.csrf, what="shout").status == 303
        assert "(shout) is queued" in browser.ask().text


@pytest.mark.parametrize("csrf", ["", "wrong"])
def test_a_form_without_its_token_does_nothing(server: Server, csrf: str) -> None:
    browser = server.enter()
    browser.unlock()
    other = server.enter()
    other.unlock()
    for token in (csrf, other.csrf):
        answer = browser.send(f"{browser.workspace}/do/run", csrf=token, what="shout")
        assert answer.status == 403


@pytest.mark.parametrize("action", ACTIONS)
def test_a_page_that_is_locked_does_nothing(server: Server, action: str) -> None:
    browser = server.enter()
    answer = browser.send(f"{browser.workspace}/do/{action}", csrf=browser.csrf, what="shout")
    assert answer.status == 403
    assert "locked" in answer.text


def test_a_code_is_of_one_page_and_cannot_be_guessed(server: Server) -> None:
    browser, other = server.enter(), server.enter()
    browser.send("unlock", csrf=browser.csrf, what="ask")
    code = server.told("code")
    other.send("unlock", csrf=other.csrf, what="code", code=code)
    assert "read-only" in other.ask().text
    for guess in ("", "0000 0000", "1"):
        browser.send("unlock", csrf=browser.csrf, what="code", code=guess)
    browser.send("unlock", csrf=browser.csrf, what="code", code=code)
    assert "read-only" in browser.ask().text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get"])
def test_other_methods_are_not_answered(browser: Browser, method: str) -> None:
    answer = browser.server.ask(
        browser.server.base, method=method, headers={"Cookie": browser.cookie}
    )
    assert answer.status in (400, 405)
    assert "pickle" not in answer.text


@pytest.mark.parametrize("given", ["_method", "X-HTTP-Method-Override"])
def test_an_action_cannot_be_asked_for_by_a_link(server: Server, given: str) -> None:
    browser = server.enter()
    browser.unlock()
    path = f"{browser.workspace}/do/run?csrf={browser.csrf}&what=shout&_method=POST"
    assert browser.ask(path, **{given: "POST"}).status in (404, 405)


# ── paths ───────────────────────────────────────────────────────────────────────────────────────

_NAMES = [
    "../pages.py",
    "..%2fpages.py",
    "%2e%2e/pages.py",
    "%2e%2e%2f%2e%2e%2fmodel.py",
    "..%5cpages.py",
    "....//pages.py",
    "%00page.js",
    "page.js%00",
    "%2fetc%2fpasswd",
    "//etc/passwd",
    "/etc/passwd",
    "{secret}",
    "link.txt",
]


@pytest.mark.parametrize("name", _NAMES)
@pytest.mark.parametrize("folder", ["static/", "{workspace}/", "{workspace}/logs?job=", ""])
def test_no_path_leads_to_a_file(world: World, browser: Browser, folder: str, name: str) -> None:
    given = folder.format(workspace=browser.workspace) + name.format(secret=world.secret)
    answer = browser.ask(given)
    assert answer.status in (200, 400, 404)
    assert answer.status != 200 or folder.endswith("=")
    for told in ("nobody reads this", "root:", "class Pages"):
        assert told not in answer.text


@pytest.mark.parametrize("job", ["-1", "1e3", "9" * 40, "1;drop", "1%20or%201", "%C2%B2"])
def test_what_is_no_number_of_a_job_has_no_log(browser: Browser, job: str) -> None:
    answer = browser.ask(f"{browser.workspace}/logs?job={job}")
    assert answer.status in (200, 400)


# ── texts ───────────────────────────────────────────────────────────────────────────────────────


class Parts(HTMLParser):
    """The elements of a page with their attributes, as a browser makes them of its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("asked", ["", "{w}/findings?text={s}&owner={s}", "{w}/logs?job={s}"])
def test_no_text_becomes_a_part_of_the_page(browser: Browser, asked: str) -> None:
    """The name of a file, what a task printed, a setting, what was searched for."""
    attempt = quote(f'">{SCRIPT}{IMAGE}')
    text = browser.ask(asked.format(w=browser.workspace, s=attempt)).text
    assert "document.title" in text or "logs" in asked
    for tag, attributes in Parts(text).found:
        assert tag not in ("img", "style", "iframe", "object", "base")
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        for name in ("href", "src", "action", "hx-get"):
            address = attributes.get(name) or ""
            assert not address or address.startswith((browser.server.base, "https://", "#"))
            assert not address.lower().startswith(("javascript:", "data:"))
        if tag == "script":
            assert (attributes["src"] or "").startswith(f"{browser.server.base}static/")


def test_no_name_turns_the_page_or_keeps_it_from_being_shown(world: World, tmp_path: Path) -> None:
    """A file system takes any bytes, and what changes the direction of all that follows."""
    odd, token = tmp_path / os.fsdecode(b"caf\xe9"), tmp_path / "token"
    tree(odd, {os.fsdecode(b"d\xe9/a.py"): "eval('1')\n", "d/\u202egnp.py": "eval('1')\n"})
    token.write_text("a-token-of-this-test")
    token.chmod(0o600)
    assert understudy("scan", cwd=odd, environment=world.environment).returncode == 1
    options = ("--metrics-token", str(token))
    with serving(world.environment, odd, options=options) as server:
        browser = server.enter(server.first)
        page = browser.ask()
        assert page.status == 200
        assert r"caf\udce9" in page.text
        for owner, name in ((r"d\udce9", r"d\udce9/a.py:1"), ("d", r"d/\u202egnp.py:1")):
            found = browser.ask(f"{browser.workspace}/findings?owner={quote(owner)}").text
            assert name in found
            assert "\u202e" not in found
        bearer = {"Authorization": f"Bearer {token.read_text()}"}
        told = server.ask("/metrics", headers=bearer)
        assert told.status == 200
        assert r"caf\\udce9" in told.text


def test_every_answer_says_what_a_browser_may_do(browser: Browser) -> None:
    asked: list[Callable[[], dict[str, str]]] = [
        lambda: dict(browser.ask().headers),
        lambda: dict(browser.ask("static/page.js").headers),
        lambda: dict(browser.ask("nothing/here").headers),
        lambda: dict(browser.server.ask("/").headers),
        lambda: dict(browser.ask(Host="evil.example").headers),
    ]
    for ask in asked:
        headers = {name.lower(): value for name, value in ask().items()}
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers


# ── too much ────────────────────────────────────────────────────────────────────────────────────


def test_a_huge_header_is_refused(browser: Browser) -> None:
    with contextlib.suppress(ConnectionError):
        assert browser.ask(**{"X-Large": "a" * (1 << 20)}).status in (400, 431)
    assert browser.ask().status == 200


def test_a_huge_form_is_refused(browser: Browser) -> None:
    with contextlib.suppress(ConnectionError):
        answer = browser.send("unlock", csrf=browser.csrf, what="x" * (1 << 22))
        assert answer.status == 413
    assert browser.ask().status == 200


def test_many_connections_are_bounded(world: World) -> None:
    with serving(world.environment, world.root) as server, contextlib.ExitStack() as stack:
        browser = server.enter(server.first)
        request = (
            f"GET {server.base}events HTTP/1.1\r\nHost: {server.host}\r\n"
            f"Cookie: {browser.cookie}\r\n\r\n"
        ).encode()
        said = []
        for _ in range(100):
            connection = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
            stack.enter_context(connection)
            connection.sendall(request)
            said.append(connection.recv(12))
        assert said.count(b"HTTP/1.1 200") == 16
        assert said.count(b"HTTP/1.1 503") == 84


def _connected(server: Server, many: int, request: bytes) -> list[socket.socket]:
    opened = []
    for _ in range(many):
        opened.append(socket.create_connection(("127.0.0.1", server.port), PATIENCE))
        opened[-1].sendall(request)
    return opened


@pytest.mark.parametrize("request_", [b"", b"GET ", b"GET / HTTP/1.1\r\nX: "])
def test_who_only_opens_connections_keeps_nobody_out(world: World, request_: bytes) -> None:
    with serving(world.environment, world.root) as server, contextlib.ExitStack() as stack:
        for each in _connected(server, 200, request_):
            stack.enter_context(each)
        browser = server.enter(server.first)
        assert browser.ask().status == 200
        held = psutil.Process(server.process.pid).net_connections("tcp")
        assert sum(each.status == psutil.CONN_ESTABLISHED for each in held) <= 64


def test_streams_that_are_asked_for_at_once_are_bounded(world: World) -> None:
    with serving(world.environment, world.root) as server, contextlib.ExitStack() as stack:
        browser = server.enter(server.first)
        head = f"Host: {server.host}\r\nCookie: {browser.cookie}\r\n\r\n"
        asked = f"GET {server.base}events HTTP/1.1\r\n{head}".encode()
        opened = [stack.enter_context(each) for each in _connected(server, 50, asked)]
        said = [each.recv(12) for each in opened]
        assert said.count(b"HTTP/1.1 200") == 16


def test_who_reads_no_changes_takes_no_place_of_who_does(browser: Browser) -> None:
    told, path = {"Cookie": browser.cookie}, f"{browser.server.base}events"
    assert browser.server.ask(path, method="HEAD", headers=told).status == 405


def test_a_form_of_many_fields_is_refused(browser: Browser) -> None:
    fields = {f"field{number}": "1" for number in range(30)}
    assert browser.send("unlock", None, csrf=browser.csrf, **fields).status == 400


@pytest.mark.parametrize("is_gone", [True, False])
async def test_a_form_that_does_not_end_is_given_up(
    is_gone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_FORM_SECONDS", 0.01)
    keys = Keys()
    asked = Pages(cast(Overview, None), keys, 1, lambda *_: None)
    session = keys.exchange(keys.secret())
    assert session is not None
    cookie = f"{asked._cookie}={session.name}".encode()
    headers = [
        (b"host", b"127.0.0.1:1"),
        (b"origin", b"http://127.0.0.1:1"),
        (b"cookie", cookie),
        (b"content-type", b"application/x-www-form-urlencoded"),
    ]
    scope = {"type": "http", "method": "POST", "path": f"{asked.base}unlock", "query_string": b""}
    parts: list[Message] = [{"type": "http.request", "body": b"what=", "more_body": True}]
    if is_gone:
        parts.append({"type": "http.disconnect"})
    told: list[Message] = []

    async def receive() -> Message:
        return parts.pop(0) if parts else await asyncio.Future()

    async def send(message: Message) -> None:
        told.append(message)

    await asked.app({**scope, "headers": headers}, receive, send)
    assert told[0]["status"] == 408


def test_who_has_left_is_told_of_nothing_any_more(world: World) -> None:
    with serving(world.environment, world.root) as server:
        browser = server.enter(server.first)
        text = browser.ask().text
        (csrf,) = set(re.findall(r'name="csrf" value="([^"]+)"', text))
        (seen,) = re.findall(r"events\?seen=(\d+)", text)
        head = f"Host: {server.host}\r\nCookie: {browser.cookie}\r\n\r\n"
        asked = f"GET {server.base}events?seen={seen} HTTP/1.1\r\n{head}".encode()
        (stream,) = _connected(server, 1, asked)
        with stream:
            assert stream.recv(12) == b"HTTP/1.1 200"
            browser.send("unlock", csrf=csrf, what="leave")
            assert browser.ask().status == 401
            config = world.root / ".understudy/config.yaml"
            os.utime(config, (1e9, 1e9))
            said = b""
            while not said.endswith(b"0\r\n\r\n"):
                said += stream.recv(1 << 16)
        assert b"event:" not in said
