"""Patterns as tests need them."""

from __future__ import annotations

from understudy.automations.pattern import (
    Create,
    Occurrence,
    Parameter,
    Part,
    Pattern,
    Place,
    Run,
    Saving,
    Shape,
    Step,
    Text,
    Type,
)

FILE = Parameter("file", Type.PATH)
TEST_OF_MODULE = Create(
    ("tests/test_", Place("file", Part.STEM), ".py"),
    ("import ", Place("file", Part.MODULE), "\n\n\ndef test_it() -> None:\n    pass\n"),
)


def pattern(
    *steps: Step,
    parameters: tuple[Parameter, ...] = (),
    shape: Shape = Shape.SEQUENCE,
    identity: str = "4f1c",
) -> Pattern:
    seen = tuple(Occurrence(1_760_000_000.0 + day * 86_400, 30.0, {}) for day in range(4))
    return Pattern(identity, shape, steps, parameters, seen, len(seen), 0.8, Saving(10, 20), 1.0)


def run(*words: str | Text, cwd: Text = ()) -> Run:
    """``<`` and ``>`` are a shell's."""
    kept: list[Text] = []
    files: dict[Text, Text] = {}
    rest = iter((each,) if isinstance(each, str) else each for each in words)
    for word in rest:
        if word in (("<",), (">",)):
            files[word] = next(rest)
        else:
            kept.append(word)
    return Run(tuple(kept), cwd, files.get(("<",), ()), files.get((">",), ()))
