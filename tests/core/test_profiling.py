"""What is recorded is kept: by workspace and day, over restarts, in bounded room; and is sent only
where the user wants it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from understudy import spans
from understudy.app.insights import profiling
from understudy.app.insights.profiling import Keeper, Keeping, Place, _row, engine, opened, timeline
from understudy.cli.profile_text import engine_told
from understudy.settings import Settings
from understudy.spans import Key, Recorder
from understudy.state import state_dir, workspace_dir
from understudy.store.profile import Days, Row
from understudy.trust import Trust

from .support import DEFAULTS, PATIENCE, own_environment, tree, understudy

_DAY = 86_400.0
_NOW = datetime(2026, 3, 10, 12).astimezone().timestamp()
_TODAY = date(2026, 3, 10)
ALL = Days.to(date.max)


@pytest.fixture(autouse=True)
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", str(tmp_path / "state"))
    spans.stop()
    yield spans.record()
    spans.stop()


def _place(root: Path, **profile: object) -> Place:
    root.mkdir(exist_ok=True)
    settings = Settings.of({f"profile.{name}": value for name, value in profile.items()})
    return Place(root, workspace_dir(root), settings if profile else DEFAULTS)


def _work(name: str, **where: str) -> None:
    with spans.span(name, **where):
        pass


async def test_each_workspace_has_what_is_its_own(tmp_path: Path) -> None:
    one, two = _place(tmp_path / "one"), _place(tmp_path / "two")
    _work("scan", root=str(one.root))
    _work("scan", root=str(two.root))
    _work("analysis", root=str(two.root), file=f"{two.root}/src/a.py")
    _work("event")
    await Keeper(lambda: _NOW).keep([one, two])
    told = [{(e.name, e.file) for e in await timeline(place.root)} for place in (one, two)]
    assert told == [{("scan", ""), ("event", "")}, {("scan", ""), ("analysis", "src/a.py")}]
    found, since = await engine(two.root, 7, _TODAY)
    assert since == "2026-03-10"
    assert {(each.name, each.times) for each in found.phases} == {("scan", 1), ("analysis", 1)}


async def test_what_is_kept_is_joined_by_day_and_forgotten_in_the_end(tmp_path: Path) -> None:
    place = _place(tmp_path / "root", keepDays=3)
    for day in (4_000, 0, 0, 1, 2, 4):  # the clock was ahead
        _work("scan")
        await Keeper(lambda day=day: _NOW + day * _DAY).keep([place])  # type: ignore[misc]
    async with opened(place.state) as profiles:
        assert await profiles.days(ALL) == ["2026-03-12", "2026-03-14", "2037-02-20"]
        assert (await profiles.sums(ALL))[Key("scan")].count == 3
    last, since = await engine(place.root, 1, date(2026, 3, 14))
    assert {each.name: each.times for each in last.phases}["scan"] == 1
    assert since == "2026-03-14"
    nothing, since = await engine(place.root, 1, date(2026, 3, 20))
    assert (nothing.phases, since) == ((), "")


async def test_the_newest_steps_are_kept_once_and_no_more_than_that(tmp_path: Path) -> None:
    place = _place(tmp_path / "root", maxSpans=100)
    keeper = Keeper(lambda: _NOW)
    for first in (0, 60, 120):
        for number in range(first, first + 60):
            _work(f"step {number}")
        await keeper.keep([place])
    kept = await timeline(place.root)
    assert [each.name for each in kept if each.name.startswith("step")][-1] == "step 179"
    assert len(kept) == 100
    assert len({each.id for each in kept}) == 100


@pytest.mark.parametrize("odd", [0xDCFF, 0xD800])
async def test_a_name_that_is_no_unicode_is_kept_as_far_as_it_is(tmp_path: Path, odd: int) -> None:
    place = _place(tmp_path / "root")
    _work("analysis", file=f"{place.root}/a{chr(odd)}.py")
    await Keeper(lambda: _NOW).keep([place])
    assert [each.file for each in await timeline(place.root)] == ["a?.py"]
    found, _ = await engine(place.root, 1, _TODAY)
    assert [each.file for each in found.files] == ["a?.py"]


@pytest.mark.parametrize("odd", [0xDCFF, 0x1B])
async def test_what_a_plug_in_calls_its_work_is_kept_and_steers_no_terminal(
    tmp_path: Path, odd: int
) -> None:
    place = _place(tmp_path / "root")
    _work(f"plug{chr(odd)}in", tool=f"t{chr(odd)}[31m")
    await Keeper(lambda: _NOW).keep([place])
    (kept,) = await timeline(place.root)
    assert kept.name.encode("ascii") in (b"plug?in", b"plug\x1bin")
    told = engine_told(*await engine(place.root, 1, _TODAY))
    assert "in t" in told
    assert all(each == "\n" or each.isprintable() for each in told)


async def test_sums_of_a_day_are_bounded(tmp_path: Path) -> None:
    place = _place(tmp_path / "root")
    keeper = Keeper(lambda: _NOW)
    for half in range(2):
        for number in range(1_500):
            _work("work", file=f"{place.root}/{half}-{number}.py")
        await keeper.keep([place])
    async with opened(place.state) as profiles:
        sums = await profiles.sums(ALL)
    assert len(sums) <= 2_000


async def test_a_database_that_cannot_be_used_stops_nobody(tmp_path: Path) -> None:
    place = _place(tmp_path / "root")
    (place.state / "profile.db").mkdir()
    _work("scan")
    await Keeper(lambda: _NOW).keep([place])


async def _kept(root: Path, name: str) -> None:
    """Wait until such a span is kept."""
    async with asyncio.timeout(PATIENCE):
        while not any(each.name == name for each in await timeline(root)):
            await asyncio.sleep(0.01)


async def test_what_goes_on_for_long_is_kept_now_and_then(tmp_path: Path) -> None:
    place = _place(tmp_path / "root")
    keeping = Keeping(lambda: [place], pause=0.0)
    for name in ("one", "two"):
        _work(name)
        keeping.soon()
        await _kept(place.root, name)
    _work("three")
    await keeping.close()
    assert [e.name for e in await timeline(place.root) if e.name != "store"][-1] == "three"
    assert spans.recorder() is None


_STARTED = """
import sys
import understudy.app.insights.profiling as profiling
profiling.Keeping.__init__.__defaults__ = (0.0,)
from understudy.cli import main
sys.exit(main(["start", "--foreground"]))
"""


async def test_a_service_that_is_killed_has_kept_what_it_did(tmp_path: Path) -> None:
    root, environment = tree(tmp_path / "root", {"a.py": "x = 1\n"}), own_environment(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-P", "-c", _STARTED],
        cwd=root,
        env=environment,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as service:
        assert service.stderr is not None
        try:
            assert any("Understudy runs" in line for line in service.stderr)
            done = understudy("run", "code_analysis", cwd=root, environment=environment)
            assert done.returncode == 0
            await _kept(root, "task")
        finally:
            os.killpg(service.pid, signal.SIGKILL)


# ── OpenTelemetry ───────────────────────────────────────────────────────────────────────────────


@contextmanager
def collector(status: int = 200) -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    """Its address, and what it was sent."""
    taken: list[ExportTraceServiceRequest] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/x-protobuf"
            taken.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _sent(taken: list[ExportTraceServiceRequest]) -> dict[str, Sent]:
    return {
        span.name: span
        for request in taken
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }


async def test_thousands_are_put_in_order_beside_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[int] = set()

    def row(*given: Any) -> Row:
        threads.add(threading.get_ident())
        return _row(*given)

    monkeypatch.setattr(profiling, "_row", row)
    place = _place(tmp_path / "root")
    _work("scan", file=f"{place.root}/a.py")
    await Keeper(lambda: _NOW).keep([place])
    assert threads
    assert threading.get_ident() not in threads
    assert [each.file for each in await timeline(place.root)] == ["a.py"]


async def test_spans_are_sent_where_the_user_wants_them(tmp_path: Path, recorder: Recorder) -> None:
    with collector() as (address, taken):
        place = _place(tmp_path / "root", otlpEndpoint=address)
        keeper = Keeper(lambda: _NOW, lambda: 0xABCD)
        with spans.span("scan", root=str(place.root)), spans.span("run", tool="ruff") as inner:
            inner.cost(1.5, 1 << 20)
            inner.set(outcome="failed")
        _work("analysis", file=f"{place.root}/src/a.py")
        ours = {each.name: each for each in recorder.newest()}
        await keeper.keep([place])
        await keeper.keep([place])  # nothing of it a second time
        assert keeper.trouble == ""
    sent = _sent(taken)
    steps = [name for name in sent if name != "store"]
    assert sorted(steps) == ["analysis", "run", "scan"]
    run, scan = sent["run"], sent["scan"]
    assert (run.parent_span_id, run.trace_id) == (scan.span_id, scan.trace_id)
    assert scan.parent_span_id == b""
    assert scan.trace_id != sent["analysis"].trace_id
    attributes = {each.key: each.value for each in run.attributes}
    assert attributes["understudy.tool"].string_value == "ruff"
    assert attributes["understudy.memory_bytes"].int_value == 1 << 20
    assert run.status.code == Status.STATUS_CODE_ERROR
    seconds = (scan.end_time_unix_nano - scan.start_time_unix_nano) / 1e9
    assert seconds == pytest.approx(ours["scan"].seconds, abs=1e-6)
    path = {each.key: each.value for each in sent["analysis"].attributes}["code.file.path"]
    assert path.string_value == "src/a.py"
    (resource, *_) = taken[0].resource_spans
    names = {each.key: each.value.string_value for each in resource.resource.attributes}
    assert names["service.name"] == "understudy"


async def test_that_nobody_takes_them_is_told_and_all_else_goes_on(tmp_path: Path) -> None:
    with collector(status=400) as (address, _):
        place = _place(tmp_path / "root", otlpEndpoint=address)
        keeper = Keeper(lambda: _NOW)
        _work("scan")
        await keeper.keep([place])
    assert keeper.trouble.startswith(f"spans are not sent to {address} (profile.otlpEndpoint): ")
    assert next(each.name for each in await timeline(place.root)) == "scan"


async def test_without_the_extra_it_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    place = _place(tmp_path / "root", otlpEndpoint="http://127.0.0.1:9/v1/traces")
    keeper = Keeper(lambda: _NOW)
    _work("scan")
    await keeper.keep([place])
    assert keeper.trouble.endswith("install `understudy[telemetry]`")


@pytest.mark.parametrize("trusted", [True, False])
def test_a_workspace_says_where_to_only_when_it_is_trusted(
    tmp_path: Path, *, trusted: bool
) -> None:
    environment, root = own_environment(tmp_path), tmp_path / "root"
    with collector() as (address, taken):
        config = f"profile: {{otlpEndpoint: '{address}'}}\n"
        tree(root, {"a.py": "x = 1\n", ".understudy/config.yaml": config})
        Trust(state_dir(environment)).decide(root, trusted=trusted)
        understudy("scan", cwd=root, environment=environment)
    assert ("scan" in _sent(taken)) is trusted
