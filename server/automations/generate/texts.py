"""What sed, sort, cut and tr do, as steps that work on lines. Pure."""

from __future__ import annotations

import re
from itertools import pairwise

from ..pattern import Place, Step, Text
from .literal import Value
from .operations import Operation, form, glob, joined, literal
from .words import Command, are_plain, command_of, given

_SPECIAL = re.compile(r"[.*\[\]^$\\+?(){}|]")
_ATOM = re.compile(r"\\.|\[\^?\]?[^\]\\]*\]|.", re.DOTALL)
_SWAPPED = frozenset("+?(){}|")
_PLAIN_ESCAPES = frozenset(r".*[]^$/-\wWsSbB123456789")
_PRIVATE = 0xE000
"""Letters from here on stand for places, while an expression is taken apart."""


def read_texts(step: Step) -> tuple[Operation, ...] | None:
    command = command_of(step)
    if not command:
        return None
    match command.program:
        case "sed":
            return _sed(command)
        case "sort":
            return _sort(command)
        case "cut":
            return _cut(command)
        case "tr":
            return _tr(command)
    return None


def lines(
    command: Command, files: tuple[Text, ...], out: Text | None, data: dict[str, Value]
) -> tuple[Operation, ...] | None:
    """The steps that do ``data`` to the files. ``out`` None: each is written in place; empty: to
    the standard output."""
    found = files or ((command.source,) if command.source else ())
    if not found or not are_plain(found) or (out is not None and len(found) != 1):
        return None
    made = []
    for each in found:
        path = joined(command.cwd, each)
        target = path if out is None else joined(command.cwd, out) if out else ()
        whole = {**data, "path": form(path), "out": form(target) if target else None}
        made.append(Operation(whole, (glob(path),), (glob(target),) if target else ()))
    return tuple(made)


def _sed(command: Command) -> tuple[Operation, ...] | None:
    known = given(command.words, "i in-place E r regexp-extended", "e expression")
    if not known:
        return None
    expressions = known.options.get("e", known.options.get("expression", known.operands[:1]))
    chosen = len(expressions) == 1 and not known.options.keys() & {"e", "expression"}
    files = known.operands[1:] if chosen else known.operands
    extended = bool(known.options.keys() & {"E", "r", "regexp-extended"})
    places = bool(known.options.keys() & {"i", "in-place"})
    if len(expressions) != 1 or (places and command.out):
        return None
    data = _substitution(expressions[0], extended=extended)
    return lines(command, files, None if places else command.out, data) if data else None


def _substitution(text: Text, *, extended: bool) -> dict[str, Value] | None:
    holes = [each for each in text if isinstance(each, Place)]
    numbers = iter(range(_PRIVATE, _PRIVATE + len(holes)))
    plain = "".join(each if isinstance(each, str) else chr(next(numbers)) for each in text)
    if plain[:1] != "s" or len(plain) < 4 or plain[1].isalnum() or plain[1] == "\\":
        return None
    mark = plain[1]
    parts = re.findall(rf"((?:\\.|[^\\{re.escape(mark)}])*)(?:{re.escape(mark)}|$)", plain[2:])
    if len(parts) < 3 or set(parts[2]) - set("giI") or parts[3:] not in ([], [""]) or not parts[0]:
        return None
    pattern, new = (each.replace(f"\\{mark}", mark) for each in parts[:2])
    told: dict[str, Value] = {"do": "replace", "once": "g" not in parts[2]}
    told["ignore_case"] = bool(set(parts[2]) & {"i", "I"})
    # A point that was escaped is a point: most expressions only look as if they were any.
    literally = re.sub(r"\\([.*\[\]^$/])", r"\1", pattern)
    if not _SPECIAL.search(re.sub(r"\\[.*\[\]^$/]", "", pattern)) and not set(new) & {"&", "\\"}:
        told |= {"regex": False, "old": _put_back(literally, holes)}
        return {**told, "new": _put_back(new, holes)}
    if holes:
        return None
    expression, replacement = _python(pattern, extended=extended), _template(new)
    try:
        if expression is None or replacement is None:
            return None
        compiled = re.compile(expression)
        re.sub(compiled, replacement, "")
    except (re.error, IndexError, OverflowError):
        return None
    if any(int(n) > compiled.groups for n in re.findall(r"\\g<(\d)>", replacement)):
        return None
    told |= {"regex": True, "old": form((expression,)), "new": form((replacement,))}
    return told


def _put_back(text: str, holes: list[Place]) -> str:
    parts = re.split(f"([\ue000-{chr(_PRIVATE + len(holes))}])", text) if holes else [text]
    return form(tuple(holes[ord(p) - _PRIVATE] if n % 2 else p for n, p in enumerate(parts) if p))


def _python(pattern: str, *, extended: bool) -> str | None:
    """A POSIX expression as Python has it; None where they may not mean the same."""
    atoms = _ATOM.findall(pattern)
    made = []
    for at, atom in enumerate(atoms):
        if atom[0] == "[":
            if len(atom) == 1 or "[:" in atom or "[" in atom[1:]:
                return None
            made.append(atom)
        elif atom[0] == "\\":
            swapped = not extended and atom[1:] in _SWAPPED
            if not swapped and not (atom[1:] in _PLAIN_ESCAPES or atom[1:] in _SWAPPED):
                return None
            made.append(atom[1] if swapped else atom)
        elif (atom == "^" and at) or (atom == "$" and at + 1 < len(atoms)):
            return None
        else:
            made.append(f"\\{atom}" if not extended and atom in _SWAPPED else atom)
    return "".join(made)


def _template(text: str) -> str | None:
    made = []
    for atom in re.findall(r"\\.|[^\\]|\\", text, re.DOTALL):
        if atom == "&" or re.fullmatch(r"\\[0-9]", atom):
            made.append(f"\\g<{atom[1:] or 0}>")
        elif atom[0] == "\\":
            if atom[1:] not in ("&", "/"):
                return None
            made.append(atom[1])
        else:
            made.append(atom)
    return "".join(made)


def _sort(command: Command) -> tuple[Operation, ...] | None:
    known = given(command.words, "r n u reverse numeric-sort unique", "o output")
    if not known or len(known.operands) > 1:
        return None
    names = {name[0] for name in known.options}
    if names >= {"n", "u"}:
        return None
    data: dict[str, Value] = {"do": "sort", "reverse": "r" in names}
    data |= {"numeric": "n" in names, "unique": "u" in names}
    out = known.last("o", "output")
    return lines(command, known.operands, command.out if out is None else out, data)


def _cut(command: Command) -> tuple[Operation, ...] | None:
    known = given(command.words, "", "d delimiter f fields")
    if not known or len(known.operands) > 1:
        return None
    separator = literal(known.last("d", "delimiter") or ("\t",))
    fields = literal(known.last("f", "fields") or ())
    if not separator or not fields or len(separator) != 1:
        return None
    ranges: list[Value] = []
    for each in fields.split(","):
        found = re.fullmatch(r"(\d{1,6})|(\d{1,6})-(\d{0,6})", each)
        if not found:
            return None
        first = int(found[1] or found[2])
        last = first if found[1] else int(found[3]) if found[3] else None
        if not first or (last is not None and last < first):
            return None
        ranges.append([first, last])
    data: dict[str, Value] = {"do": "columns", "separator": form((separator,)), "fields": ranges}
    return lines(command, known.operands, command.out, data)


def _tr(command: Command) -> tuple[Operation, ...] | None:
    known = given(command.words, "d delete")
    sets = [literal(each) for each in known.operands] if known else []
    if not known or not command.source or len(sets) != (1 if known.options else 2):
        return None
    letters = [_letters(each) for each in sets if each]
    if len(letters) != len(sets) or None in letters:
        return None
    old, new = ((*letters, "")[:2]) if known.options else letters
    if old is None or new is None or (new and len(old) != len(new)):
        return None
    data: dict[str, Value] = {"do": "translate", "old": form((old,)), "new": form((new,))}
    return lines(command, (), command.out, data)


def _letters(text: str) -> str | None:
    """A set of tr's in full, where it is plain."""
    if "\\" in text or "[" in text or not text.isascii():
        return None
    made = text
    for found in reversed(list(re.finditer(r"(.)-(.)", text))):
        first, last = map(ord, found.groups())
        if first > last:
            return None
        made = (
            made[: found.start()] + "".join(map(chr, range(first, last + 1))) + made[found.end() :]
        )
    return made if all(a != b for a, b in pairwise(made)) else None
