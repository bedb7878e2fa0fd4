"""Scripts that ask a server: a real one on this machine, friendly and hostile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from understudy.automations.metadata import read
from understudy.automations.pattern import Parameter, Place, Type

from .patterns import pattern, run
from .scripts import draft, perform
from .server import Server, serving


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "workspace"
    root.mkdir()
    return root


def test_a_request_is_sent_as_it_was(server: Server, root: Path) -> None:
    url = (f"{server.url}/a/", Place("name"), "?q=1")
    token = ("Authorization: Bearer ", Place("token"))
    payload = ('{"x": "', Place("name"), '"}')
    given = pattern(
        run("curl", "-sS", "-X", "PUT", "-H", token, "--json", payload, url, "-o", "out/a.json"),
        parameters=(Parameter("name"), Parameter("token", Type.SECRET)),
    )
    made = draft(given)
    assert read(made.source).permissions.network == (server.url.removeprefix("http://"),)
    words = ["--name=é b", "--token=TOKEN"]
    told = perform(made.source, root, *words, "--dry-run", env={"TOKEN": "s3cr3t"})
    assert (told.returncode, server.asked) == (0, [])
    done = perform(made.source, root, *words, env={"TOKEN": "s3cr3t"})
    assert done.returncode == 0, done.stderr
    assert "s3cr3t" not in done.stderr
    [asked] = server.asked
    assert (asked.method, asked.path) == ("PUT", "/a/%C3%A9%20b?q=1")
    assert json.loads(asked.body) == {"x": "é b"}
    assert asked.headers["Authorization"] == "Bearer s3cr3t"
    assert asked.headers["Content-Type"] == "application/json"
    assert (root / "out/a.json").read_text() == "né\n"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_any_method(method: str, server: Server, root: Path) -> None:
    done = perform(draft(pattern(run("curl", "-X", method, server.url))).source, root)
    assert (done.returncode, done.stdout) == (0, "né\n")
    assert [each.method for each in server.asked] == [method]


def test_it_is_asked_again_where_that_does_no_harm(server: Server, root: Path) -> None:
    server.failures = 2
    done = perform(draft(pattern(run("curl", f"{server.url}/a"))).source, root)
    assert (done.returncode, len(server.asked)) == (0, 3)
    server.failures = 1
    posted = perform(draft(pattern(run("curl", "-d", "x=1", f"{server.url}/a"))).source, root)
    assert (posted.returncode, len(server.asked)) == (1, 4)
    assert "503" in posted.stderr


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/missing", "404"),
        ("/garbage", "failed"),
        ("/cut", "failed"),
        ("/huge", "larger than"),
        ("/to?http://localhost:1/", "leads to"),
        ("/to?file:///etc/passwd", "not allowed"),
        ("/to?/to?/missing", "404"),
    ],
)
def test_a_hostile_answer_is_told_of(path: str, why: str, server: Server, root: Path) -> None:
    words = ["curl", "-L", "--retry", "0", f"{server.url}{path}", "-o", "out"]
    done = perform(draft(pattern(run(*words))).source, root)
    assert done.returncode == 1
    assert why in done.stderr
    assert "Traceback" not in done.stderr
    assert not (root / "out").exists()


def test_a_server_that_is_not_there_is_told_of(server: Server, root: Path) -> None:
    url = "http://127.0.0.1:1/"
    done = perform(draft(pattern(run("curl", "--retry", "0", url))).source, root)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)


@pytest.mark.parametrize("value", ["@evil.example/", "\r\nX-Evil: 1"])
def test_no_value_changes_the_host_or_the_headers(value: str, server: Server, root: Path) -> None:
    given = pattern(
        run("curl", "-H", ("X-A: ", Place("a")), (f"{server.url}/", Place("b"))),
        parameters=(Parameter("a", Type.TEXT, "1"), Parameter("b", Type.TEXT, "1")),
    )
    source = draft(given).source
    perform(source, root, f"--a={value}")
    assert perform(source, root, f"--b={value}").returncode == 0
    assert server.asked
    assert all(each.headers["Host"] in server.url for each in server.asked)
    assert all("X-Evil" not in each.headers for each in server.asked)
