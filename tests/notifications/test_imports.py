"""What the modules bring along."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import understudy.notifications


def test_no_heavy_library_comes_with_the_modules() -> None:
    names = [
        f"understudy.notifications.{m.name}"
        for m in pkgutil.iter_modules(understudy.notifications.__path__)
    ]
    assert len(names) > 8
    heavy = "{'apprise', 'requests', 'desktop_notifier', 'dbus_fast', 'keyring', 'rich'}"
    code = f"import sys, {', '.join(names)}\nprint({heavy} & sys.modules.keys())"
    argv = [sys.executable, "-P", "-c", code]
    assert subprocess.run(argv, check=True, capture_output=True, text=True).stdout == "set()\n"
