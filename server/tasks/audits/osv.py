"""What services say, without a tool; in a worker, since it waits for the network."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from . import severities

_AT_ONCE = 8
_LARGEST = 16 << 20


def describe(context: tuple[str, float], items: Sequence[str]) -> list[str | None]:
    """For each id ``{"severity": number or null, "cwe": number}`` as JSON; None where there was no
    answer. ``context``: the service's address and the seconds that one answer may take."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(partial(_describe, *context), items))


def _describe(service: str, seconds: float, name: str) -> str | None:
    url = f"{service}/v1/vulns/{urllib.parse.quote(name, safe='')}"
    if not url.startswith(("https://", "http://")):
        return None
    try:
        with urllib.request.urlopen(url, timeout=seconds) as answer:  # noqa: S310 - see above
            record = json.loads(answer.read(_LARGEST))
        severity, specific = severities.of_osv(record), record.get("database_specific")
        weaknesses = specific.get("cwe_ids") if isinstance(specific, dict) else None
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
    return json.dumps({"severity": severity, "cwe": severities.cwe(weaknesses)})


def objects(context: tuple[float], items: Sequence[tuple[str, str]]) -> list[bool]:
    """For each address and the JSON that is sent there whether the answer is a JSON object, or
    there is none: the tools take an empty list, or null, for one that knows of no advisory.
    ``context``: the seconds that one answer may take."""
    return [_is_object(*context, *each) for each in items]


def _is_object(seconds: float, url: str, body: str) -> bool:
    if not url.startswith(("https://", "http://")):
        return False
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, body.encode(), headers)  # noqa: S310 - see above
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310 - see above
            return isinstance(json.loads(answer.read(_LARGEST)), dict)
    except OSError:
        return True
    except (ValueError, RecursionError):
        return False
