from __future__ import annotations

from collections.abc import Sequence

from ..model import Edit, Finding


def ignore_here(text: str, findings: Sequence[Finding]) -> tuple[Edit, ...]:
    return ()
