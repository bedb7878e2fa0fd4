"""What tasks were given and the queue does not keep: secrets, in the memory of who works on it.

Who asks for a task tells the others before the job is queued. When all who knew are gone, nobody
does: the job fails, and says so.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from ..findings.redact_text import SECRET
from ..findings.redact_values import kept, taken_out

_MOST = 1_000
"""Jobs of which the values are held; the oldest go."""


class Handed:
    """Belongs to the event loop."""

    def __init__(self) -> None:
        self._values: dict[str, Mapping[str, Any]] = {}
        self.tell: Callable[[bytes], object] = lambda _: None
        """Lets all others know."""

    def keep_back(self, parameters: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
        """The parameters as the queue may keep them; and what is left out is known by, empty where
        nothing is. All who listen know it from now on."""
        shown = kept(parameters)
        if shown == json.loads(json.dumps(parameters)):
            return parameters, ""
        mark = secrets.token_hex(8)
        self._hold(mark, parameters)
        self.tell(json.dumps({mark: parameters}).encode())
        return shown, mark

    def take(self, content: bytes) -> None:
        """Another process has asked for a task. What another version says is not understood."""
        with contextlib.suppress(ValueError, AttributeError):
            for mark, parameters in json.loads(content).items():
                self._hold(mark, parameters)

    def _hold(self, mark: str, parameters: Mapping[str, Any]) -> None:
        self._values[mark] = parameters
        for oldest in [*self._values][:-_MOST]:
            del self._values[oldest]

    def of(self, mark: str) -> Mapping[str, Any] | None:
        """What the job of that mark was given; None when nobody here knows."""
        return self._values.get(mark)

    def drop(self, mark: str) -> None:
        """Its job has ended."""
        self._values.pop(mark, None)


def secret_names(parameters: Mapping[str, Any]) -> list[str]:
    """Those whose values no queue keeps."""
    return [name for name, value in parameters.items() if taken_out(value, name)]


def lacking(parameters: Mapping[str, Any]) -> str:
    """Why a job cannot be run, for people: whose value was a secret, as the queue has them."""
    names = [name for name, value in parameters.items() if SECRET in json.dumps(value)]
    what = ", ".join(names) or "a parameter"
    return (
        f"the value of {what} looks like a secret, so it is kept nowhere, and who knew it has"
        " ended: ask for the task again"
    )
