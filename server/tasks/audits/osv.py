"""What an OSV service says of advisories by id; in a worker, since it waits for the network."""

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
_LARGEST = 4 << 20


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
