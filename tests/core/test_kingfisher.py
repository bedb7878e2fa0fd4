"""The real Kingfisher: where secrets stand, that they are told together with what other tools say of
them, that their values go nowhere, and that nobody is asked about them."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from understudy.analyzers.programs.kingfisher import ANALYZER
from understudy.analyzers.programs.program import check
from understudy.findings import codec
from understudy.findings.redact import redacted
from understudy.model import Finding, Problem
from understudy.text import Lines

from .planted import FILES, GITHUB, VALUES
from .support import Asker, own_environment, tree, understudy
from .test_optional_tools import executable, on

RULE = "betterleaks.github-pat"
KNOWN = {"web.js", "Dockerfile", ".env"}
"""Of the planted files, those with a secret of which it knows the form."""


def argv(root: Path) -> tuple[str, ...]:
    """What is called."""
    settings = on("kingfisher", path=executable("kingfisher"))
    context: Any = Asker(ANALYZER, root).configuration("a", settings).context
    return tuple(context.argv)


def told(root: Path, files: dict[str, str]) -> dict[str, tuple[Finding, ...]]:
    """What it says of files in one call."""
    tree(root, files)
    settings = on("kingfisher", path=executable("kingfisher"))
    context: Any = Asker(ANALYZER, root).configuration("a", settings).context
    answers = check(context, tuple((str(root / name), None, ()) for name in files))
    reports = [codec.loads(report) for _, report in answers]
    assert all(report.state.is_verdict for report in reports)
    return {name: each.findings for name, each in zip(files, reports, strict=True)}


def test_all_of_a_secret_is_in_its_place_wherever_it_is_told(tmp_path: Path) -> None:
    """In several files of one call, too."""
    found = told(tmp_path, {**FILES, "again.js": FILES["web.js"], "twice/a.txt": f"\té {GITHUB}\n"})
    assert {name for name, some in found.items() if some} == KNOWN | {"again.js", "twice/a.txt"}
    for name, some in found.items():
        lines = Lines((tmp_path / name).read_text())
        for each in some:
            start, end = map(lines.offset, each.range)
            assert (each.rule, lines.text[start:end], each.cwe) == (RULE, GITHUB, 798)


def test_of_one_that_is_encoded_the_line_is_its_place(tmp_path: Path) -> None:
    encoded = base64.b64encode(f"token: {GITHUB}".encode()).decode()
    text = f"one\ntwo: {encoded}\n"
    (found,) = told(tmp_path, {"a.yml": text})["a.yml"]
    assert (found.range.start, found.range.end) == ((1, 0), (1, len(f"two: {encoded}")))
    assert encoded not in redacted(text, [Problem((found,))])


def test_nobody_is_asked_about_them(tmp_path: Path) -> None:
    """Neither of the two that it would ask by itself: who has a new version, and who a secret is
    for."""
    path = tree(tmp_path, {"web.js": FILES["web.js"]}) / "web.js"
    asking = [word for word in argv(tmp_path) if not word.startswith("--no-")]
    for words, asks in ((argv(tmp_path), False), (asking, True)):
        with proxy() as (address, asked):
            environment = os.environ | dict.fromkeys(("HTTPS_PROXY", "https_proxy"), address)
            line = [str(path) if word.startswith("${{") else word for word in words]
            done = subprocess.run(line, env=environment, capture_output=True, check=False)
        answer = json.loads(done.stdout)
        outcomes = {each["finding"]["validation"]["outcome"] for each in answer["findings"]}
        assert (outcomes != {"not_attempted"}) is asks
        assert bool(asked) is asks


@contextmanager
def proxy() -> Iterator[tuple[str, list[bytes]]]:
    """One that lets nothing pass, and what it was asked for."""
    asked: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                asked.append(connection.recv(1_000))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}", asked
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


@pytest.mark.parametrize("beside", [True, False])
def test_one_secret_is_one_problem_and_its_value_goes_nowhere(tmp_path: Path, beside: bool) -> None:
    """In no format, no database, no log; with detect-secrets beside it, and without."""
    root = tree(tmp_path / "shop", {".git/HEAD": "", **FILES})
    tree(root, {".understudy/config.yaml": json.dumps(
        {"kingfisher": {"enabled": True}, "secrets": {"enabled": beside}}
    )})  # fmt: skip
    environment = own_environment(tmp_path / "home")
    values = VALUES if beside else (GITHUB,)
    for format_ in ("text", "json", "sarif", "github") if beside else ("text", "json"):
        done = understudy("scan", "--format", format_, cwd=root, environment=environment)
        assert done.returncode == 1, done.stderr
        printed = done.stdout + done.stderr
        assert RULE in printed
        assert not [value for value in values if value in printed], format_
        if format_ == "json":
            problems = [each for each in json.loads(printed)["problems"] if RULE in str(each)]
            assert {each["path"] for each in problems} == KNOWN
            assert all(("detect-secrets" in str(each)) is beside for each in problems)
    kept = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in kept)
    for path in kept:
        content = path.read_bytes()
        assert not [value for value in VALUES if value.encode() in content], path
