"""What every request has to be, and every answer has: before anything else looks at it."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS = ("GET", "HEAD", "POST")
_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
_ANSWERS: Mapping[str, str] = {
    "Content-Security-Policy": "; ".join(_POLICY),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), usb=()",
}


class Guard:
    """In front of ``app``, which listens on loopback at ``port``. ``entrance``: the one path that a
    link elsewhere may lead to."""

    def __init__(self, app: ASGIApp, port: int, entrance: str) -> None:
        self._app = app
        self._hosts = frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost"))
        self._entrance = entrance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"{scope['type']} is not spoken here")

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ANSWERS.items():
                    headers[name] = value
            await send(message)

        refused = self._refused(scope)
        answer = PlainTextResponse(refused[1], refused[0]) if refused else self._app
        await answer(scope, receive, guarded)

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        """The status and why; None for what may pass."""
        method, headers = scope["method"], Headers(scope=scope)
        if method not in _METHODS:
            return 405, "Only GET and POST are answered."
        if len(headers.getlist("host")) != 1 or headers["host"] not in self._hosts:
            return 421, "This is not the name of the dashboard: open the address it told you."
        origin, site = headers.get("origin", ""), headers.get("sec-fetch-site")
        if origin not in ("", "null", f"http://{headers['host']}"):
            return 403, "Another page asked for this."
        # A form of a page that sends no referrer is of no origin, either.
        if (
            (method == "POST" or origin == "null")
            and origin in ("", "null")
            and site != "same-origin"
        ):
            return 403, "It is not clear which page asked for this."
        if site in (None, "same-origin", "none"):
            return None
        if scope["path"] == self._entrance and headers.get("sec-fetch-mode") == "navigate":
            return None
        return 403, "Another page asked for this."
