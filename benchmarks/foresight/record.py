"""Makes the recordings: what a look at a real machine told, every five seconds, while something ran
out on it, or did not.

    python -m benchmarks.foresight.record leak|fill|hog|day SECONDS FILE

``leak`` wants a control group of its own, with the limit set, in which it was started; ``fill`` a
small disk of its own at the folder in RECORDED: a tmpfs (fill.json), or a file with ext4 in it that
is mounted as a loop device (loop.json).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from understudy.resources import Sampler

from .traces import STEP

_LEAK = """
import random, time
kept, spare = [], []
rng = random.Random(1)
while True:
    kept.append(bytearray(rng.randrange(40_000, 160_000)))
    spare.append(bytearray(rng.randrange(100_000, 300_000)))
    if len(spare) > 100:
        spare.clear()
    time.sleep(0.25)
"""
_FILL = """
import os, random, sys, time
rng = random.Random(2)
with open(sys.argv[1] + "/service.log", "wb", buffering=0) as log:
    while True:
        log.write(os.urandom(rng.choice([2_000, 8_000, 8_000, 120_000])))
        time.sleep(0.25)
"""
_HOG = """
import os
os.nice(10)
while True:
    sum(range(100_000))
"""


def main(what: str, seconds: float, file: Path) -> None:
    folder = Path(os.environ.get("RECORDED", "."))
    argv = {"leak": [_LEAK], "fill": [_FILL, str(folder)], "hog": [_HOG], "day": []}[what]
    child = subprocess.Popen([sys.executable, "-P", "-c", *argv]) if argv else None
    sampler = Sampler(lambda: {"the workspace": folder})
    began = time.monotonic()
    rows: list[dict[str, float]] = []
    try:
        while time.monotonic() - began < seconds and (child is None or child.poll() is None):
            time.sleep(max(0.0, began + len(rows) * STEP - time.monotonic()))  # until the next look
            sample = sampler.look(time.monotonic())
            row = {each.name: round(each.level, 6) for each in sample.uses}
            rows.append(row | {"processors": round(sample.processors.busy, 3)})
    finally:
        ended = child is not None and child.poll() is not None
        if child is not None:
            child.kill()
            child.wait()
        names = sorted({name for row in rows for name in row})
        told = {
            "what": what,
            "ended": ended,
            "seconds": STEP,
            "levels": {name: [row.get(name) for row in rows] for name in names},
        }
        file.write_text(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]))
