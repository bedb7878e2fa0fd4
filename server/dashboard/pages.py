"""The addresses: what is answered to whom. ``guard.Guard`` stands before all of it."""

from __future__ import annotations

import asyncio
import json
import secrets
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from importlib import resources
from typing import Any
from urllib.parse import parse_qsl

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ..app.overview.actions import ACTIONS
from ..app.overview.overview import Overview
from ..app.overview.parts import Part
from ..app.overview.watched import Watched
from ..disk import why
from . import metrics
from .guard import Guard
from .keys import Keys, Session
from .rendering import rendered
from .sections import PLACES, SECTIONS, SUMMARY, Section, stale

MOST_STREAMS = 16
_MOST_BODY = 8 << 10
_FORM_SECONDS = 5.0
"""In which a form has to have come."""
_LOOK_SECONDS = 0.3
_TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml", "txt": "text/plain"}
_ASK = (
    "`understudy dashboard` makes a link; in its terminal, Enter prints another one. In an editor,"
    " “Show Dashboard” opens it."
)
_PREFETCH = ("prefetch", "prerender")


class Pages:
    """``tell`` says something where the dashboard was started: ``(kind, text)``. ``token``: what
    lets a scraper in; empty: none is."""

    def __init__(
        self,
        overview: Overview,
        keys: Keys,
        port: int,
        tell: Callable[[str, str], object],
        token: str = "",
    ) -> None:
        self._token = token
        self._overview = overview
        self._keys = keys
        self._tell = tell
        self._streams = 0
        self._by_name = {each.name: each for each in SECTIONS}
        # Cookies know no ports: whatever listens at another one of this machine is sent those of
        # its paths, too, and ours is known to nobody.
        self.base = f"/{secrets.token_urlsafe(16)}/"
        self._cookie = f"understudy-{port}-{secrets.token_hex(8)}"
        self._files = _static()
        self._address = f"http://127.0.0.1:{port}{self.base}"
        base = self.base
        self.app: ASGIApp = Guard(
            Starlette(
                routes=[
                    Route("/metrics", self._metrics),
                    Route(f"{base}", self._page),
                    Route(f"{base}enter", self._enter),
                    Route(f"{base}events", self._events),
                    Route(f"{base}unlock", self._unlock, methods=["POST"]),
                    Route(f"{base}static/{{name}}", self._file),
                    Route(f"{base}{{workspace}}/{{section}}", self._section),
                    Route(f"{base}{{workspace}}/do/{{action}}", self._act, methods=["POST"]),
                ],
                exception_handlers={HTTPException: _refuse},
            ),
            port,
            f"{base}enter",
        )

    def link(self) -> str:
        """An address that opens the page, once, within a minute."""
        return f"{self._address}enter?key={self._keys.secret()}"

    # ── who is there ────────────────────────────────────────────────────────────────────────────

    async def _enter(self, request: Request) -> Response:
        if any(word in request.headers.get("sec-purpose", "") for word in _PREFETCH):
            raise HTTPException(403, "A link is not opened before somebody follows it.")
        if request.method != "GET":
            raise HTTPException(405, "A link is followed, nothing else.")
        session = self._keys.exchange(request.query_params.get("key", ""))
        if session is None:
            raise HTTPException(403, f"This link was used, or is older than a minute. {_ASK}")
        # No redirect: a browser that comes from elsewhere would not send a strict cookie along.
        answer = HTMLResponse(rendered("entered", base=self.base))
        answer.set_cookie(
            self._cookie, session.name, path=self.base, httponly=True, samesite="strict"
        )
        return answer

    def _session(self, request: Request) -> Session:
        session = self._keys.session(request.cookies.get(self._cookie, ""))
        if session is None:
            raise HTTPException(401, f"Nobody has let this browser in. {_ASK}")
        return session

    async def _form(self, request: Request, session: Session) -> Mapping[str, str]:
        """Of an action: small, and from a page of this session."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if kind != "application/x-www-form-urlencoded":
            raise HTTPException(415, "Only forms are read.")
        try:
            async with asyncio.timeout(_FORM_SECONDS):
                body = await _body(request)
        except (ClientDisconnect, TimeoutError):
            raise HTTPException(408, "The form did not come to its end.") from None
        try:
            given = dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=16))
        except ValueError:
            raise HTTPException(400, "That is no form of this page.") from None
        if not secrets.compare_digest(given.get("csrf", "").encode(), session.csrf.encode()):
            raise HTTPException(403, "The form is of another page: load this one again.")
        return given

    # ── what there is to see ────────────────────────────────────────────────────────────────────

    async def _page(self, request: Request) -> Response:
        session = self._session(request)
        with suppress(TimeoutError):  # what is not known by then comes as a change
            async with asyncio.timeout(_LOOK_SECONDS):
                await self._overview.look()
        chosen = self._workspace(request.query_params.get("in", ""), or_first=True)
        said, session.said = session.said, ""
        here = self._about(chosen, session)
        revision = self._overview.revision  # what changes while it is written is told afterwards
        sections = [(each, await self._shown(chosen, each, {}, session)) for each in SECTIONS]
        summaries = [
            rendered("summary", each=w, chosen=w.id == chosen.id, **self._about(w, session))
            for w in self._overview.workspaces.values()
        ]
        text = rendered(
            "page",
            places=[(place, [s for s in sections if s[0].place == place]) for place in PLACES],
            names=[(each.name, each.title) for each in SECTIONS],
            summaries=summaries,
            said=said,
            awaits_code=self._keys.awaits_code(session),
            revision=revision,
            **here,
        )
        return HTMLResponse(text)

    async def _section(self, request: Request) -> Response:
        session = self._session(request)
        workspace = self._workspace(request.path_params["workspace"])
        name = request.path_params["section"]
        if name == SUMMARY:
            about = self._about(workspace, session)
            chosen = request.query_params.get("chosen") == "yes"
            return HTMLResponse(rendered(SUMMARY, each=workspace, chosen=chosen, **about))
        if name not in self._by_name:
            raise HTTPException(404, "There is no such section.")
        asked = dict(request.query_params)
        return HTMLResponse(await self._shown(workspace, self._by_name[name], asked, session))

    async def _shown(
        self, workspace: Watched, section: Section, asked: Mapping[str, str], session: Session
    ) -> str:
        try:
            values = await section.view(workspace, asked)
        except (OSError, sqlite3.Error) as error:
            return rendered("unknown", section=section, workspace=workspace, why=why(error))
        return rendered(section.name, section=section, **values, **self._about(workspace, session))

    def _about(self, workspace: Watched, session: Session) -> dict[str, Any]:
        return {
            "base": self.base,
            "workspace": workspace,
            "parts": workspace.parts,
            "Part": Part,
            "csrf": session.csrf,
            "is_unlocked": self._keys.is_unlocked(session),
            "unlocked_until": time.time() + self._keys.unlocked_seconds(session),
            "now": time.time(),
        }

    def _workspace(self, name: str, *, or_first: bool = False) -> Watched:
        known = self._overview.workspaces
        if name in known:
            return known[name]
        if or_first and not name:
            return next(iter(known.values()))
        raise HTTPException(404, "There is no such workspace.")

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._files:
            raise HTTPException(404, "There is no such file.")
        return Response(self._files[name], media_type=_TYPES[name.rpartition(".")[2]])

    async def _metrics(self, request: Request) -> Response:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        is_it = secrets.compare_digest(given.strip().encode(), self._token.encode())
        if not (self._token and scheme.lower() == "bearer" and is_it):
            raise HTTPException(401, "A scraper is let in by the token of --metrics-token.")
        try:
            return Response(await metrics.told(self._overview), media_type=metrics.TYPE)
        except metrics.Unavailable as error:
            raise HTTPException(501, f"There are no metrics: {error}.") from None

    # ── what changes ────────────────────────────────────────────────────────────────────────────

    async def _events(self, request: Request) -> Response:
        session = self._session(request)
        if request.method != "GET":
            raise HTTPException(405, "Changes are told to who reads them.")
        if self._streams >= MOST_STREAMS:
            raise HTTPException(503, "So many pages are open that no other one is told of changes.")
        seen = request.headers.get("last-event-id") or request.query_params.get("seen", "")
        revision = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 18 else 0
        return _Stream(self._told(session, revision), self._count_streams)

    def _count_streams(self, more: int) -> None:
        self._streams += more

    async def _told(self, session: Session, revision: int) -> AsyncIterator[ServerSentEvent]:
        """The names of what has changed; the page asks for those that it shows."""
        async for changes in self._overview.changes(revision):
            if self._keys.session(session.name) is None:
                return
            for change in changes:
                for name in stale(change.part):
                    what = f"{change.workspace}-{name}"
                    yield ServerSentEvent(data=name, event=what, id=str(change.revision))

    # ── what can be done ────────────────────────────────────────────────────────────────────────

    async def _unlock(self, request: Request) -> Response:
        session = self._session(request)
        given = await self._form(request, session)
        match given.get("what"):
            case "ask":
                if code := self._keys.code(session):
                    self._tell("code", code)
                    session.said = (
                        "A code was told where the dashboard was started: as a message of the"
                        " editor, or in the terminal."
                    )
                else:
                    session.said = "A code was told a moment ago; wait ten seconds for another one."
            case "lock":
                self._keys.lock(session)
                session.said = "Locked: nothing can be done from this page."
            case "leave":
                self._keys.leave(session)
            case _:
                is_it = self._keys.unlock(session, given.get("code", ""))
                session.said = "Unlocked for a quarter of an hour." if is_it else "Not the code."
        return RedirectResponse(f"{self.base}?in={given.get('in', '')}".removesuffix("?in="), 303)

    async def _act(self, request: Request) -> Response:
        session = self._session(request)
        workspace = self._workspace(request.path_params["workspace"])
        given = await self._form(request, session)
        if not self._keys.is_unlocked(session):
            raise HTTPException(
                403, "The page is locked, so nothing was done: go back, load it, and unlock it."
            )
        action = ACTIONS.get(request.path_params["action"])
        if action is None:
            raise HTTPException(404, "There is no such action.")
        try:
            session.said = f"Done: {await action(workspace, given.get('what', ''))}."
        except (ValueError, OSError, sqlite3.Error) as error:
            session.said = f"Not done: {why(error) if isinstance(error, OSError) else error}."
        return RedirectResponse(f"{self.base}?in={workspace.id}", 303)


async def _body(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BODY:
            raise HTTPException(413, "That is too much for a form.")
    return body


class _Stream(EventSourceResponse):
    """Counts from when it is answered with: nobody is let in between that and its first event."""

    def __init__(
        self, events: AsyncIterator[ServerSentEvent], count: Callable[[int], object]
    ) -> None:
        super().__init__(events, ping=20)
        self._count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._count(1)
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._count(-1)


async def _refuse(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    text = rendered("refused", status=error.status_code, why=error.detail)
    return HTMLResponse(text, error.status_code)


def _static() -> dict[str, bytes]:
    """By name: no path of a request leads to a file."""
    folder = resources.files("understudy.dashboard") / "static"
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}


def as_line(kind: str, text: str) -> str:
    """What a program reads that has started the dashboard."""
    return json.dumps({kind: text})
