"""A stand-in for the wheel inside the extension, so that its environment can be made offline."""

from __future__ import annotations

import base64
import hashlib
import sys
import zipfile
from pathlib import Path

INFO = "understudy-0.0.1.dist-info"


def bundle_stand_in(extensions: Path) -> None:
    """Replaces the wheel in the installed extension by one that needs no other package: it hands
    over to the `understudy` of the Python that runs the tests."""
    (wheels,) = extensions.glob("understudy.understudy-*/wheels")
    for file in wheels.iterdir():
        file.unlink()
    argv = [sys.executable, "-P", "-m", "understudy"]
    start = f"import os, sys\nos.execv({argv[0]!r}, {argv!r} + sys.argv[1:])\n"
    files = {
        "understudy/__init__.py": "",
        "understudy/__main__.py": start,
        f"{INFO}/METADATA": "Metadata-Version: 2.1\nName: understudy\nVersion: 0.0.1\n",
        f"{INFO}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{name},{_digest(text)},{len(text)}\n" for name, text in files.items()]
    files[f"{INFO}/RECORD"] = "".join(record) + f"{INFO}/RECORD,,\n"
    with zipfile.ZipFile(wheels / "understudy-0.0.1-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    (wheels / "requirements.lock").write_text("")


def _digest(text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
    return f"sha256={digest.rstrip(b'=').decode()}"
