"""What of a workspace a command is not to see, and where what it may not write stands."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from ..state import state_place
from . import credentials
from .names import Places, folders_above, names, outermost
from .policy import Policy


class Private(NamedTuple):
    """``hidden``: paths from the workspace. ``cleaned``: those of what is seen without credentials,
    each with the rest of it."""

    places: Places
    hidden: tuple[str, ...]
    cleaned: Mapping[str, bytes]

    def came(self, later: Private) -> list[str]:
        """What is private ``later`` and was not known to be: it was seen if anybody looked."""
        new = [*later.hidden, *(each for each in later.cleaned if each not in self.cleaned)]
        covered = frozenset(self.hidden)
        return [each for each in new if covered.isdisjoint(folders_above(each))]


def look(root: str, policy: Policy, folder: str) -> Private:
    """As it is now. ``folder``: a room of the run. What Understudy keeps is hidden, too, where that
    lies in the workspace: it holds what is hidden from commands, and a copy would hold itself."""
    places = names(root, tuple(policy.hide), tuple(policy.read_only)).find()
    own = (str(state_place()), os.path.dirname(os.path.dirname(folder)))
    inside = {
        os.path.relpath(real, root)
        for real in map(os.path.realpath, own)
        if real.startswith(f"{root.rstrip('/')}/") and os.path.isdir(real)
    }
    written = credentials.hidden(root, places.read_only)
    hidden = outermost((*places.hidden, *written, *inside))
    return Private(places, hidden, dict(credentials.cleaned(root, places.read_only)))
