"""Advisory services on loopback, in the shapes of the real ones: OSV's API, and what npm asks of a
registry. The records are real ones, shortened."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from packaging.version import Version

Json = dict[str, Any]


def record(
    id_: str,
    package: str,
    fixed: str,
    aliases: tuple[str, ...] = (),
    introduced: str = "0",
    **more: Any,
) -> Json:
    """An OSV record of PyPI."""
    events = [{"introduced": introduced}, *([{"fixed": fixed}] if fixed else [])]
    about = {"name": package, "ecosystem": "PyPI", "purl": f"pkg:pypi/{package}"}
    return {
        "id": id_,
        "aliases": list(aliases),
        "modified": "2024-10-15T19:22:33.123456Z",
        "published": "2018-10-09T17:29:00Z",
        "schema_version": "1.7.3",
        "affected": [{"package": about, "ranges": [{"type": "ECOSYSTEM", "events": events}]}],
        **more,
    }


REQUESTS = record(
    "PYSEC-2018-28",
    "requests",
    "2.20.0",
    ("CVE-2018-18074", "GHSA-x84v-xcm2-53pg"),
    details="The Requests package before 2.20.0 for Python sends an HTTP Authorization header to an http URI\nupon receiving a same-hostname https-to-http redirect.",
)
REQUESTS_GITHUB = record(
    "GHSA-x84v-xcm2-53pg",
    "requests",
    "2.20.0",
    ("CVE-2018-18074", "PYSEC-2018-28"),
    summary="Insufficiently Protected Credentials in Requests",
    severity=[{"type": "CVSS_V3", "score": "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}],
    database_specific={"cwe_ids": ["CWE-522"], "severity": "HIGH", "github_reviewed": True},
)
URLLIB3 = record(
    "PYSEC-2019-133",
    "urllib3",
    "1.24.2",
    ("CVE-2019-11324",),
    summary="urllib3 mishandles certain cases of CA certificates",
    severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N"}],
)
URLLIB3_LATER = record(
    "PYSEC-2020-148", "urllib3", "1.25.9", introduced="1.24", details="CRLF injection"
)
NEVER_FIXED = record("PYSEC-2022-1", "oldlib", "", details="It is abandoned.")
OSV = (REQUESTS, REQUESTS_GITHUB, URLLIB3, URLLIB3_LATER, NEVER_FIXED)

LODASH = {
    "id": 1106913,
    "url": "https://github.com/advisories/GHSA-35jh-r3h4-6jhm",
    "title": "Command Injection in lodash",
    "severity": "high",
    "vulnerable_versions": "<4.17.21",
    "cwe": ["CWE-77", "CWE-94"],
    "cvss": {"score": 7.2, "vectorString": "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H"},
}
MINIMIST = {
    "id": 1097677,
    "url": "https://github.com/advisories/GHSA-xvch-5gv4-984h",
    "title": "Prototype Pollution in minimist",
    "severity": "critical",
    "vulnerable_versions": "<0.2.4",
    "cwe": ["CWE-1321"],
    "cvss": {"score": 9.8, "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
}
NPM = {"lodash": [LODASH], "minimist": [MINIMIST]}
PACKUMENTS = {
    "lodash": ("4.17.15", "4.17.21"),
    "minimist": ("0.0.8", "0.2.4", "1.2.8"),
    "mkdirp": ("0.5.1", "0.5.6"),
}


class Service:
    """``status`` other than 200 is all that it answers; ``asked`` has the paths that it was asked
    for, ``sent`` the bodies; ``gate`` holds answers back until it is set."""

    def __init__(self) -> None:
        self.status = 200
        self.garbage = b""
        self.asked: list[str] = []
        self.sent: list[Any] = []
        self.osv = list(OSV)
        self.npm: dict[str, list[Json]] = {name: list(each) for name, each in NPM.items()}
        self.gate = threading.Event()
        self.gate.set()
        self.url = ""

    def answer(self, path: str, body: Any) -> Json | None:
        """None: there is no such thing."""
        if path == "/v1/query":
            vulns = self._of(body)
            return {"vulns": vulns} if vulns else {}
        if path == "/v1/querybatch":
            every = [self._of(query) for query in body["queries"]]
            slim = [[{"id": v["id"], "modified": v["modified"]} for v in each] for each in every]
            return {"results": [{"vulns": each} if each else {} for each in slim]}
        if path.startswith("/v1/vulns/"):
            name = unquote(path.removeprefix("/v1/vulns/"))
            return next((each for each in self.osv if each["id"] == name), None)
        if path == "/-/npm/v1/security/advisories/bulk":
            return {name: self.npm[name] for name in body if name in self.npm}
        name = unquote(path.removeprefix("/"))
        if name in PACKUMENTS:
            versions = {v: {"name": name, "version": v} for v in PACKUMENTS[name]}
            latest = PACKUMENTS[name][-1]
            return {"name": name, "dist-tags": {"latest": latest}, "versions": versions}
        return None

    def _of(self, query: Json) -> list[Json]:
        version = Version(query["version"])
        return [each for each in self.osv if _is_about(each, query["package"]["name"], version)]


def _is_about(record: Json, name: str, version: Version) -> bool:
    (affected,) = record["affected"]
    (ranges,) = affected["ranges"]
    bounds = {key: value for event in ranges["events"] for key, value in event.items()}
    after = Version(bounds["introduced"]) <= version
    before = "fixed" not in bounds or version < Version(bounds["fixed"])
    return affected["package"]["name"] == name and after and before


@contextmanager
def serving() -> Iterator[Service]:
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            self._answer(json.loads(body))

        def _answer(self, body: Any) -> None:
            service.asked.append(self.path)
            service.sent.append(body)
            service.gate.wait(60)
            found = service.answer(self.path, body)
            status = service.status if service.status != 200 else 200 if found is not None else 404
            content = json.dumps(found if status == 200 else {"code": status}).encode()
            content = service.garbage or content
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield service
        finally:
            service.gate.set()
            server.shutdown()
            thread.join()
