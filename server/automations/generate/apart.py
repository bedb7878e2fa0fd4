"""Templates that a user wrote are rendered in a process of their own, which ends in time: one that
loops or grows without an end takes nothing else with it.

``python -m understudy.automations.generate.apart FOLDER FILE`` reads the values from its standard
input, as JSON, and prints the text.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ...sizes import size

SECONDS = 10
_BYTES = 512 << 20
_LARGEST = 4_000_000
"""Bytes of a text; no script has so many."""
_WRONG = (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError)


def environment(folders: Iterable[Path]) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([*folders]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
        keep_trailing_newline=True,
    )


class Apart(NamedTuple):
    """A template in the first of the ``folders``, which may include from the others."""

    name: str
    folders: tuple[Path, ...]

    def render(self, values: Mapping[str, object]) -> str:
        """Raises ValueError with what went wrong."""
        command = (sys.executable, "-P", "-m", __name__, self.name, *map(str, self.folders))
        try:
            done = subprocess.run(
                command,
                input=json.dumps(values).encode(),
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ValueError(f"it had no end within {SECONDS} s") from None
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
            raise ValueError(said or f"it ended with {done.returncode}")
        return done.stdout.decode("utf-8")


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    name, *folders = sys.argv[1:]
    values, text = json.load(sys.stdin), bytearray()
    try:
        for part in environment(map(Path, folders)).get_template(name).generate(values):
            text += part.encode()
            if len(text) > _LARGEST:
                raise ValueError(f"it gives more than {_LARGEST:,} bytes")
    except MemoryError:
        sys.stderr.write(f"it takes more than {size(_BYTES)} of memory")
        return 1
    except _WRONG as error:
        sys.stderr.write(str(error).replace("\n", " "))
        return 1
    sys.stdout.buffer.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
