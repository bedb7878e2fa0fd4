"""What else a user starts while a command runs is not counted as the command's."""

from __future__ import annotations

import json
import subprocess
import sys

import psutil

from ..core.support import until
from .users import USER, command, environment, place

_ALONE = """
import os, sys, time
while not os.path.exists(sys.argv[1]):
    time.sleep(0.01)
for _ in range(5):
    if not os.fork():
        os._exit(0)
    os.wait()
"""
_MANY = """
import os, sys, time
while not os.path.exists(sys.argv[1]):
    time.sleep(0.01)
for _ in range(100):
    if not os.fork():
        time.sleep(60)
while os.path.exists(sys.argv[1]):
    time.sleep(0.01)
"""


async def test_what_its_user_starts_meanwhile_takes_nothing_from_a_command() -> None:
    with place(USER) as folder, place(USER) as seen:
        alone, many = (
            [sys.executable, "-I", "-S", "-c", program, str(seen / name)]
            for program, name in ((_ALONE, "alone"), (_MANY, "many"))
        )
        table = {
            "alone": {"argv": alone, "read": [str(seen)], "limits": {"processes": 20}},
            "many": {"argv": many, "read": [str(seen)]},
        }
        with subprocess.Popen(
            command(USER, folder, "trials", "partial", str(folder)),
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as server:
            assert server.stdin
            assert server.stdout
            json.dump(table, server.stdin)
            server.stdin.close()
            await until(lambda: _count(alone) == _count(many) == 1, 40)
            (seen / "many").touch()
            await until(lambda: _count(many) == 101)
            (seen / "alone").touch()
            await until(lambda: not _count(alone))
            (seen / "many").unlink()
            came = json.loads(server.stdout.read())
        assert came["alone"]["status"] == "clean", came["alone"]
        assert came["many"]["status"] == "clean", came["many"]


def _count(argv: list[str]) -> int:
    return sum(each.info["cmdline"] == argv for each in psutil.process_iter(["cmdline"]))
