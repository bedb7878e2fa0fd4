"""What curl, wget and HTTPie ask for. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from ..pattern import Place, Step, Text
from .literal import Value
from .operations import Operation, Unfit, form, glob, joined, literal
from .words import Command, command_of, given

_URL = re.compile(r"(https?)://([^/?#]+)(?=[/?#]|$)(.*)", re.DOTALL)
_METHOD = re.compile(r"[A-Z]{3,10}")
_HEADER = re.compile(r"([A-Za-z0-9-]+): *")
_REPEATED = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
"""What may be asked again when it is not known whether it arrived."""
_FORM = "application/x-www-form-urlencoded"


def read_requests(step: Step) -> tuple[Operation, ...] | None:
    command = command_of(step)
    if not command or command.source:
        return None
    reader = _READERS.get(command.program)
    made = reader(command) if reader else None
    return (made,) if made else None


def _curl(command: Command) -> Operation | None:
    known = given(
        command.words,
        "s S f L silent show-error fail location compressed",
        "X request H header d data data-raw json o output m max-time retry",
    )
    if not known or len(known.operands) != 1:
        return None
    told = [v for name in ("d", "data", "data-raw", "json") for v in known.options.get(name, ())]
    if len(told) > 1 or (told and told[0] and str(told[0][0]).startswith("@")):
        return None
    headers: dict[str, Value] = {}
    for each in (*known.options.get("H", ()), *known.options.get("header", ())):
        found = _HEADER.match(each[0]) if each and isinstance(each[0], str) else None
        if not found or not isinstance(each[0], str):
            return None
        rest = each[0][found.end() :]
        headers[found[1]] = form((*((rest,) if rest else ()), *each[1:]))
    if told:
        kind = "application/json" if "json" in known.options else _FORM
        headers = {"Content-Type": kind, **headers}
    method = literal(known.last("X", "request") or ("POST" if told else "GET",))
    retries, seconds = known.last("retry"), known.last("m", "max-time")
    return _request(
        command,
        method,
        known.operands[0],
        headers,
        form(told[0]) if told else None,
        known.last("o", "output") or command.out,
        follow=bool(known.options.keys() & {"L", "location"}),
        retries=_number(retries),
        seconds=_number(seconds),
    )


def _wget(command: Command) -> Operation | None:
    known = given(command.words, "q quiet nv", "O output-document")
    if not known or len(known.operands) != 1:
        return None
    url = known.operands[0]
    out = known.last("O", "output-document")
    if out is None:
        last = url[-1]
        name = last.rpartition("/")[2] if isinstance(last, str) else ""
        if not re.fullmatch(r"[\w-][\w.-]*", name):
            return None
        out = (name,)
    out = () if literal(out) == "-" else out
    return _request(command, "GET", url, {}, None, out or command.out, follow=True)


def _httpie(command: Command) -> Operation | None:
    known = given(command.words, "ignore-stdin b body", "o output")
    if not known or not known.operands:
        return None
    words = list(known.operands)
    method = literal(words[0]) or ""
    has_method = bool(_METHOD.fullmatch(method))
    url, items = (words[1], words[2:]) if has_method and words[1:] else (words[0], words[1:])
    headers: dict[str, Value] = {}
    fields: dict[str, str] = {}
    for item in items:
        found = re.fullmatch(r"([\w-]+)(=|:)([^=@:].*|)", literal(item) or "")
        if not found:
            return None
        (headers if found[2] == ":" else fields)[found[1]] = form((found[3],))
    payload = form((json.dumps(fields),)) if fields else None
    if fields:
        headers = {"Content-Type": "application/json", **headers}
    chosen = method if has_method else "POST" if fields else "GET"
    out = known.last("o", "output") or command.out
    return _request(command, chosen, url, headers, payload, out, follow=False)


def _request(
    command: Command,
    method: str | None,
    url: Text,
    headers: Mapping[str, Value],
    payload: str | None,
    out: Text,
    *,
    follow: bool,
    retries: int | None = None,
    seconds: int | None = None,
) -> Operation | None:
    if not method or not _METHOD.fullmatch(method) or not url:
        return None
    first, rest = url[0], url[1:]
    if isinstance(first, Place):
        raise Unfit("Which host is asked is not the same each time.")
    found = _URL.fullmatch(first if "://" in first else f"http://{first}")
    if not found and "://" in first:
        raise Unfit(f"It asks no web server: {form(url)}.")
    if not found or (rest and not found[3]):
        raise Unfit(f"Which host is asked is not the same each time: {form(url)}.")
    if "@" in found[2]:
        raise Unfit("The address has a password in it: a secret is passed as a variable.")
    target = joined(command.cwd, out) if out else ()
    data: dict[str, Value] = {
        "do": "request",
        "method": method,
        "url": form((found[0], *rest)),
        "headers": headers,
        "payload": payload,
        "out": form(target) if target else None,
        "follow": follow,
        "retries": min((2 if method in _REPEATED else 0) if retries is None else retries, 10),
        "seconds": min(seconds or 30, 600),
    }
    return Operation(data, write=(glob(target),) if target else (), network=(found[2].lower(),))


def _number(text: Text | None) -> int | None:
    whole = literal(text) if text else None
    return int(whole) if whole and whole.isdecimal() and len(whole) < 6 else None


_READERS: Mapping[str, Callable[[Command], Operation | None]] = {
    "curl": _curl,
    "wget": _wget,
    "http": _httpie,
}
