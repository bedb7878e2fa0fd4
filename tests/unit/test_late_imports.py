"""What the start of a server does not need is imported after it."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("late", ["jinja2", "pydantic", "understudy.automations.generate"])
def test_the_core_is_there_without_it(late: str) -> None:
    looks = f"import sys, understudy.app.core; sys.exit({late!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-P", "-c", looks], check=False).returncode == 0
