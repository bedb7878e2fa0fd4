"""Values as Python literals, laid out as ``ruff format`` lays them out. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

WIDTH = 88

Value = str | int | None | Sequence["Value"] | Mapping[str, "Value"]


def assigned(name: str, kind: str, value: Value) -> str:
    """A line, or lines, that give ``name`` of the type ``kind`` its value. Raises ValueError for
    text that no source can hold."""
    begin = f"{name}: {kind} = "
    return begin + _laid_out(value, 0, len(begin))


def _laid_out(value: Value, indent: int, before: int) -> str:
    """``before``: the columns that are taken in its first line."""
    line = _in_line(value)
    if isinstance(value, str | int | None) or not value:
        return line
    # How wide other letters are, is a matter of opinion; with a comma at its end, lines stay.
    if line.isascii() and before + len(line) + 1 <= WIDTH:
        return line
    inner = indent + 4
    lines = []
    if isinstance(value, Mapping):
        for key, each in value.items():
            begin = f"{_in_line(key)}: "
            lines.append(begin + _laid_out(each, inner, inner + len(begin)))
    else:
        lines += [_laid_out(each, inner, inner) for each in value]
    begin, end = "{}" if isinstance(value, Mapping) else "[]"
    body = "".join(f"{' ' * inner}{line},\n" for line in lines)
    return f"{begin}\n{body}{' ' * indent}{end}"


def _in_line(value: Value) -> str:
    match value:
        case str():
            return quoted(value)
        case None | int():
            return repr(value)
        case Mapping():
            items = (f"{quoted(key)}: {_in_line(each)}" for key, each in value.items())
            return f"{{{', '.join(items)}}}"
    return f"[{', '.join(map(_in_line, value))}]"


def quoted(text: str) -> str:
    """Raises ValueError for text that no source can hold: NUL, and halves of characters."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(_escaped(each, quote) for each in text) + quote


def _escaped(character: str, quote: str) -> str:
    code = ord(character)
    if character == "\0" or 0xD800 <= code < 0xE000:
        raise ValueError(f"a character that no text file holds: U+{code:04X}")
    if character in ("\\", quote):
        return f"\\{character}"
    if character.isprintable():
        return character
    short = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character)
    wide = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    return short or (wide if code < 0x10000 else f"\\U{code:08x}")
