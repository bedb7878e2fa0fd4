"""Add a rule to ``rules.ignore`` in the text of a settings file, leaving all else as it stands."""

from __future__ import annotations

import re

import yaml

from .document import compose, parse

_RULE = re.compile(r"[A-Za-z@][\w@/.-]*", re.ASCII)


def edit_ignore(text: str, rule: str) -> str:
    """``text`` with ``rule`` in its ``rules.ignore``; unchanged when it is there already.

    Comments, order and formatting stay; missing keys are made. Raises ValueError, with a message
    for people, when the file is broken or shaped in a way that no small edit can extend.
    """
    if not _RULE.fullmatch(rule):
        raise ValueError(f"{rule!r} is not the code of a rule.")
    before = parse(text)
    if before.flaws:
        flaw = before.flaws[0]
        raise ValueError(f"Line {flaw.range.start.line + 1} of the settings: {flaw.message}")
    rules = _given(before.data.get("rules"), {})
    if not isinstance(rules, dict):
        raise _misshapen("rules", "a group")
    ignored = _given(rules.get("ignore"), [])
    if not isinstance(ignored, list):
        raise _misshapen("rules.ignore", "a list")
    if rule in ignored:
        return text
    item = f'"{rule}"' if rule.startswith("@") else rule
    start, end, new = _edit(text, compose(text), item)
    after = text[:start] + new + text[end:]
    result = parse(after)
    wanted = {**before.data, "rules": {**rules, "ignore": [*ignored, rule]}}
    if result.flaws or result.data != wanted:
        raise ValueError(f"`rules.ignore` is written in an unusual way: add {rule} to it by hand.")
    return after


def _given(value: object, unset: object) -> object:
    return unset if value is None else value


def _misshapen(key: str, shape: str) -> ValueError:
    return ValueError(f"`{key}` must be {shape}. Correct it in the settings file first.")


def _edit(text: str, root: yaml.Node | None, item: str) -> tuple[int, int, str]:
    """The replacement (start, end, new text) that should do; the caller checks that it does."""
    newline = "\r\n" if "\r\n" in text else "\n"
    group = _collection(root)
    if group is None or (rules := _value(group, "rules")) is None:
        if group is not None and group.flow_style:
            return _in_flow(group, f"rules: {{ignore: [{item}]}}")
        margin = " " * group.start_mark.column if group else ""
        block = [f"{margin}rules:", f"{margin}  ignore:", f"{margin}    - {item}", ""]
        lead = newline if text and text[-1] not in "\r\n" else ""
        return len(text), len(text), lead + newline.join(block)
    group = _collection(rules)
    if group is None:
        return _in_place(rules, f"{{ignore: [{item}]}}")
    if (ignored := _value(group, "ignore")) is None:
        if group.flow_style:
            return _in_flow(group, f"ignore: [{item}]")
        margin = newline + " " * group.start_mark.column
        return _below(text, group, f"{margin}ignore:{margin}  - {item}")
    items = _collection(ignored)
    if items is None:
        return _in_place(ignored, f"[{item}]")
    if items.flow_style:
        return _in_flow(items, item)
    return _below(text, items, f"{newline}{' ' * items.start_mark.column}- {item}")


def _collection(node: yaml.Node | None) -> yaml.CollectionNode | None:
    return node if isinstance(node, yaml.CollectionNode) else None


def _value(mapping: yaml.CollectionNode, key: str) -> yaml.Node | None:
    return next((value for name, value in mapping.value if name.value == key), None)


def _end(node: yaml.Node) -> int:
    """Where the node's own text ends; PyYAML ends a block at the next token, past comments."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style:
        return _end(_last(node))
    return int(node.end_mark.index)


def _last(collection: yaml.CollectionNode) -> yaml.Node:
    last: yaml.Node | tuple[yaml.Node, yaml.Node] = collection.value[-1]
    return last[1] if isinstance(last, tuple) else last


def _in_place(unset: yaml.Node, new: str) -> tuple[int, int, str]:
    start, end = unset.start_mark.index, unset.end_mark.index
    return start, end, new if end > start else f" {new}"


def _in_flow(collection: yaml.CollectionNode, new: str) -> tuple[int, int, str]:
    if not collection.value:
        start = collection.start_mark.index + 1
        return start, start, new
    start = _end(_last(collection))
    return start, start, f", {new}"


def _below(text: str, block: yaml.CollectionNode, new: str) -> tuple[int, int, str]:
    start = _end(block)
    while start < len(text) and text[start] not in "\r\n":
        start += 1
    return start, start, new
