"""Desktop notifications: a real daemon (dunst) on a message bus and a screen of the test's own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.core.support import until
from tests.needs import missing
from understudy.notifications.base import Event, Level, Notice, Undelivered, attempt
from understudy.notifications.desktop import Desktop

# No service is started on demand: the test says when there is a daemon.
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>
"""


# What dunst makes of the urgency can be read in the text that it shows.
RULES = "".join(
    f'[urgency_{name}]\nformat = "{name}: %s"\n' for name in ("low", "normal", "critical")
)


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        missing(f"missing: {name}: run tests/editors/install_desktop.sh")
    return found


@contextlib.contextmanager
def running(argv: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(argv, stderr=subprocess.DEVNULL, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A session bus on which nobody is."""
    (tmp_path / "bus.conf").write_text(BUS.format(tmp_path / "bus"))
    daemon = [
        program("dbus-daemon"),
        f"--config-file={tmp_path / 'bus.conf'}",
        "--nofork",
        "--print-address",
    ]
    with running(daemon, stdout=subprocess.PIPE) as process:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", first_line(process))
        yield


class Dunst:
    """The daemon, for which ``screen`` is running."""

    def __init__(self, screen: str, folder: Path) -> None:
        self._environment = {**os.environ, "DISPLAY": screen, "XDG_CONFIG_HOME": str(folder)}
        self._argv = [program("dunst"), "-conf", str(folder / "dunstrc")]
        (folder / "dunstrc").write_text(RULES)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        with running(self._argv, env=self._environment, stdout=subprocess.DEVNULL):
            yield

    def ask(self, *argv: str) -> str:
        command = [program("dunstctl"), *argv]
        return subprocess.run(
            command, check=False, capture_output=True, text=True, env=self._environment
        ).stdout

    def answers(self) -> bool:
        return "false" in self.ask("is-paused")

    def shown(self) -> list[dict[str, Any]]:
        """What was shown, the oldest first; it is closed by this."""
        self.ask("close-all")
        (entries,) = json.loads(self.ask("history"))["data"]
        plain = [{name: value["data"] for name, value in entry.items()} for entry in entries]
        return sorted(plain, key=lambda entry: int(entry["id"]))


@pytest.fixture
def dunst(bus: None, tmp_path: Path) -> Iterator[Dunst]:
    argv = [program("Xvfb"), "-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp"]
    with running(argv, stdout=subprocess.PIPE) as screen:
        yield Dunst(f":{first_line(screen)}", tmp_path)


@pytest.fixture
def desktop() -> Iterator[Desktop]:
    made = Desktop()
    yield made
    made.close()


async def test_a_desktop_shows_it_with_its_urgency(dunst: Dunst, desktop: Desktop) -> None:
    with dunst.running():
        await until(dunst.answers)
        for level in Level:
            notice = Notice(
                level.label, Event.CUSTOM, level, f"{level.label} é 🚦", "<b>bold</b> & more"
            )
            await attempt(desktop, notice)
        shown = dunst.shown()
    assert [each["message"] for each in shown] == [
        "low: info é 🚦",
        "normal: warning é 🚦",
        "normal: error é 🚦",
        "critical: critical é 🚦",
    ]
    assert {each["appname"] for each in shown} == {"Understudy"}
    assert {each["body"] for each in shown} == {"&lt;b&gt;bold&lt;/b&gt; &amp; more"}


async def test_a_daemon_that_comes_later_is_found(
    dunst: Dunst, desktop: Desktop, notice: Notice
) -> None:
    with pytest.raises(Undelivered, match="No notification service answers") as caught:
        await attempt(desktop, notice)
    assert caught.value.transient
    for _ in range(2):  # it also goes away, and another comes
        with dunst.running():
            await until(dunst.answers)
            await attempt(desktop, notice)
            assert [each["summary"] for each in dunst.shown()] == [notice.title]
        with pytest.raises(Undelivered) as caught:
            await attempt(desktop, notice)
        assert caught.value.transient


async def test_failed_attempts_leave_no_connection(
    bus: None, desktop: Desktop, notice: Notice
) -> None:
    async def failed() -> int:
        with pytest.raises(Undelivered):
            await attempt(desktop, notice)
        return len(os.listdir("/proc/self/fd"))

    once = await failed()
    for _ in range(5):
        assert await failed() <= once


@pytest.mark.parametrize("address", ["unix:path=/nowhere/bus", "nonsense", "", None])
async def test_no_session_is_no_desktop(
    desktop: Desktop, notice: Notice, monkeypatch: pytest.MonkeyPatch, address: str | None
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    if address is None:
        monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    else:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    with pytest.raises(Undelivered) as caught:
        await attempt(desktop, notice)
    assert not caught.value.transient
