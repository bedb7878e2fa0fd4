"""What an automation lacks to be run, asked for from here where an editor does not do that."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pygls.exceptions import JsonRpcException

if TYPE_CHECKING:
    from .server import Server

_MOST = 20
"""So many buttons a message has at most."""


class Wanted(NamedTuple):
    """An automation by its folder and name, with values of its parameters."""

    root: str | None
    name: str
    values: Mapping[str, Any]


async def completed(
    ls: Server, known: Sequence[Mapping[str, Any]], name: Any, given: Mapping[str, Any]
) -> Wanted | None:
    """``known``: what can be run, as ``Learned.runnable`` has it. None when the user chooses
    nothing. Raises ValueError, for people, for what cannot be asked for."""
    if not isinstance(name, str | None):
        raise ValueError(f"an automation is called by its name, not by {name!r}")  # noqa: TRY004 - who asked is told
    if name is None:
        if not known:
            raise ValueError("there is no automation so far that could be run")
        names, how = [each["name"] for each in known], "give the folder and a name as arguments"
        name = await _choose(ls, "Which automation?", names, how)
        if name is None:
            return None
    found = next((each for each in known if each["name"] == name), None)
    if found is None:
        return Wanted(None, name, given)  # whoever runs it says why that cannot be
    values = dict(given)
    lacking = [e for e in found["parameters"] if e["default"] is None and e["name"] not in values]
    open_ = [each["name"] for each in lacking if not each["choices"]]
    if open_:
        values_of = {e["name"]: "…\n…" if e["many"] else "…" for e in lacking if not e["choices"]}
        example = json.dumps(values_of, ensure_ascii=False)
        raise ValueError(
            f"{name} has to be told {_joined(open_)}: give them as the command's third argument,"
            f" such as {example}"
        )
    for each in lacking:
        how = f"give {each['name']} as one of {', '.join(each['choices'])}"
        answer = await _choose(ls, each["question"] or each["name"], each["choices"], how)
        if answer is None:
            return None
        values[each["name"]] = answer
    return Wanted(found["root"], name, values)


async def _choose(ls: Server, question: str, answers: Sequence[str], how: str) -> str | None:
    """Raises ValueError with ``how`` it is done otherwise."""
    if len(answers) <= _MOST:
        try:
            return await ls.publisher.choose(question, answers)
        except JsonRpcException:
            pass
    raise ValueError(f"your editor cannot ask: {question} There are {', '.join(answers)}; {how}")


def _joined(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
