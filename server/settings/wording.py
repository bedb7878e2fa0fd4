"""What is said of settings that are wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from .forms import FORMS
from .options import Option, options

Path = tuple[str | int, ...]
_YES_NO = "true or false"
_LIKE_YES_NO = {"on", "off", "yes", "no", "y", "n"}


def unknown(path: Path) -> str:
    return f"There is no setting `{_key(path)}`: it has no effect.{_advice(path)}"


def missing(path: Path) -> str:
    return f"`{_key(path[:-1])}` lacks `{path[-1]}`: it must be {_expected(path)}."


def no_name(path: Path) -> str:
    return (
        f"`{path[-1]}` cannot be a name in `{_key(path[:-1])}`: "
        "use letters, digits and the characters _ . : - only."
    )


def unfit(path: Path, value: object) -> str:
    expected = _expected(path)
    option, _ = _find(path)
    if option and option.about.form and FORMS[option.about.form].secret:
        return f"`{_key(path)}` must be {expected}."
    message = f"`{_key(path)}` must be {expected}, not {told(value)}."
    if expected == _YES_NO and str(value).lower() in _LIKE_YES_NO:
        message += " Words such as on and yes are text in YAML 1.2."
    return message


def told(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a group"
    if isinstance(value, list):
        if strange := [item for item in value if not isinstance(item, str)]:
            return f"a list with {told(strange[0])} in it"
        return "a list" if value else "an empty list"
    if isinstance(value, str):
        return f"the text '{value[:40]}{'…' if len(value) > 40 else ''}'"
    return "nothing" if value is None else str(value)


def _key(path: Path) -> str:
    return ".".join(str(step) for step in path)


def _find(path: Path) -> tuple[Option | None, Path]:
    """The setting, or the field of an entry, at or above ``path``, and the way on from there."""
    option = next((each for each in options() if path[: len(each.path)] == each.path), None)
    if option is None:
        return None, path
    rest = path[len(option.path) :]
    while field := next((each for each in option.entry if rest[1:2] == each.path), None):
        option, rest = field, rest[2:]
    return option, rest


def _expected(path: Path) -> str:
    option, rest = _find(path)
    if option is None:
        return "a group of settings, indented below it" if path else "a group of settings"
    if option.named and not rest:
        what = "a group of settings" if option.entry else "a text"
        return f"names, indented below it, each with {what}"
    if option.named:
        return "a group of settings, indented below it" if option.entry else _scalar(option)
    if option.item and not rest:
        return f"a list of {_items(option)}{', at least one' if option.required else ''}"
    return _scalar(option)


def _items(option: Option) -> str:
    if option.choices:
        return ", ".join(option.choices)
    if option.item is int:
        return "whole numbers"
    return "names of environment variables" if option.about.form == "variable" else "texts"


def _scalar(option: Option) -> str:
    if option.choices:
        return "one of " + ", ".join(option.choices)
    if (type_ := option.item or option.type) in (int, float):
        kind = "a whole number" if type_ is int else "a number"
        return f"{kind} from {option.about.ge} to {option.about.le}"
    if option.type is bool:
        return _YES_NO
    return FORMS[option.about.form].told if option.about.form else "text"


def _advice(path: Path) -> str:
    """What an unknown key was probably meant to be."""
    *above, key = (str(step) for step in path)
    if (dotted := _key(path)) in {option.key for option in options()}:
        steps = ", and indented below it ".join(f"`{step}:`" for step in dotted.split("."))
        return f" Write {steps}."
    meant = _nearby(tuple(above))
    close = get_close_matches(re.sub(r"[-_]", "", key).lower(), meant, n=1)
    return f" Did you mean `{meant[close[0]]}`?" if close else ""


def _nearby(above: tuple[str, ...]) -> dict[str, str]:
    """Lower-cased keys that could stand below ``above``, or elsewhere → the full keys."""
    option, rest = _find(above)
    if option is not None and len(rest) == 1:
        return {f.key.lower(): _key((*above, f.key)) for f in option.entry}
    depth = len(above)
    meant: dict[str, str] = {}
    for option in sorted(options(), key=lambda option: -_shared(option.path, above)):
        meant.setdefault(option.path[-1].lower(), option.key)
    for option in options():
        if option.path[:depth] == above:
            meant[option.path[depth].lower()] = _key(option.path[: depth + 1])
    return meant


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(other))
