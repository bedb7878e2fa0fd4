"""Add a rule to a list of rules in the text of a settings file, leaving all else as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import yaml

from .document import compose, parse

_RULE = re.compile(r"[A-Za-z@][\w@/.-]*", re.ASCII)


class RuleList(NamedTuple):
    """A setting that lists rules. ``does``: what comes of it for them, after "could not be"."""

    group: str
    key: str
    does: str

    def __str__(self) -> str:
        return f"{self.group}.{self.key}"


IGNORED = RuleList("rules", "ignore", "ignored")
FIXED_ON_SAVE = RuleList("fixes", "onSave", "fixed after each save")


def with_rule(text: str, listed: RuleList, rule: str) -> str:
    """``text`` with ``rule`` in that list; unchanged when it is there already.

    Comments, order and formatting stay; missing keys are made. Raises ValueError, with a message
    for people, when the file is broken or shaped in a way that no small edit can extend.
    """
    if not _RULE.fullmatch(rule):
        raise ValueError(f"{rule!r} is not the code of a rule.")
    before = parse(text)
    if before.flaws:
        flaw = before.flaws[0]
        raise ValueError(f"Line {flaw.range.start.line + 1} of the settings: {flaw.message}")
    group = _given(before.data.get(listed.group), {})
    if not isinstance(group, dict):
        raise _misshapen(listed.group, "a group")
    rules = _given(group.get(listed.key), [])
    if not isinstance(rules, list):
        raise _misshapen(str(listed), "a list")
    if rule in rules:
        return text
    item = f'"{rule}"' if rule.startswith("@") else rule
    start, end, new = _edit(text, compose(text), listed, item)
    after = text[:start] + new + text[end:]
    result = parse(after)
    wanted = {**before.data, listed.group: {**group, listed.key: [*rules, rule]}}
    if result.flaws or result.data != wanted:
        raise ValueError(f"`{listed}` is written in an unusual way: add {rule} to it by hand.")
    return after


def with_rules(text: str, listed: RuleList, rules: Iterable[str]) -> str:
    """As ``with_rule`` for each of them."""
    for rule in rules:
        text = with_rule(text, listed, rule)
    return text


def _given(value: object, unset: object) -> object:
    return unset if value is None else value


def _misshapen(key: str, shape: str) -> ValueError:
    return ValueError(f"`{key}` must be {shape}. Correct it in the settings file first.")


def _edit(text: str, root: yaml.Node | None, listed: RuleList, item: str) -> tuple[int, int, str]:
    """The replacement (start, end, new text) that should do; the caller checks that it does."""
    newline = "\r\n" if "\r\n" in text else "\n"
    name, key, _ = listed
    whole = _collection(root)
    if whole is None or (rules := _value(whole, name)) is None:
        if whole is not None and whole.flow_style:
            return _in_flow(whole, f"{name}: {{{key}: [{item}]}}")
        margin = " " * whole.start_mark.column if whole else ""
        block = [f"{margin}{name}:", f"{margin}  {key}:", f"{margin}    - {item}", ""]
        lead = newline if text and text[-1] not in "\r\n" else ""
        return len(text), len(text), lead + newline.join(block)
    group = _collection(rules)
    if group is None:
        return _in_place(rules, f"{{{key}: [{item}]}}")
    if (there := _value(group, key)) is None:
        if group.flow_style:
            return _in_flow(group, f"{key}: [{item}]")
        margin = newline + " " * group.start_mark.column
        return _below(text, group, f"{margin}{key}:{margin}  - {item}")
    items = _collection(there)
    if items is None:
        return _in_place(there, f"[{item}]")
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
