"""What came of the trial of an automation."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from ..sandbox.trial import Trial, few
from ..sizes import size
from .narrowing import Touched


class As(IntEnum):
    """How near it comes to what the developer had done."""

    OTHERWISE = 0
    BEGUN = 1
    """Each file begins as the developer's does."""
    SAME = 2
    """To the byte."""


class Tested(NamedTuple):
    """``trial``: the first run. ``why``: what stands against it, for people; empty when nothing
    does. ``doubt``: why it is only to be listed, for people; empty where nothing speaks for that.
    ``compared``: with what the developer had done, each instance. ``unused``: what it may write and
    did not; ``touched``: what it wrote each time, where it may write anything. ``idle``: the
    programs that it may start and did not; ``in_turn``: those that the others started. ``notes``:
    what else is to be known, for people. ``asks``: the hosts for whose sake it was only asked what
    it would do."""

    trial: Trial
    why: str
    doubt: str = ""
    is_idempotent: bool = False
    compared: tuple[As, ...] = ()
    unused: tuple[str, ...] = ()
    touched: tuple[Touched, ...] = ()
    idle: tuple[str, ...] = ()
    in_turn: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """What came of it, for people."""
        usage = self.trial.usage
        cost = f"{usage.seconds:.1f} s, {size(usage.peak_bytes)}"
        if self.asks:
            return f"it only told what it would do, as it asks {', '.join(self.asks)}; {cost}"
        if not self.trial.is_clean:
            return "; ".join(("it did not end well", *self.notes, cost))
        more = "nothing more" if self.is_idempotent else "something again"
        found = [f"it would change {self.trial.many or 'nothing'}", f"a second run {more}"]
        if self.compared:
            same, begun = self.compared.count(As.SAME), self.compared.count(As.BEGUN)
            found.append(f"as you had done it in {same} of {len(self.compared)} cases")
            if begun:
                found.append(f"begun so in {begun}")
        if self.unused and self.trial.changes:
            found.append(f"it never wrote {', '.join(self.unused)}, which it may")
        if wrote := sorted({path for each in self.touched for path in each.paths}):
            found.append(f"it may write anything, and wrote {few(wrote)}")
        if self.idle:
            found.append(f"it never started {', '.join(self.idle)}, which it may")
        if self.in_turn:
            found.append(f"what it started has started {few(self.in_turn)}")
        return "; ".join((", ".join(found), *self.notes, cost))
