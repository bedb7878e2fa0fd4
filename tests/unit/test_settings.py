"""Settings: layers to one tree; every mistake at its place, in words that help."""

from __future__ import annotations

import json
import math
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import settings as runs
from hypothesis import strategies as st

from understudy.model import Position, Severity
from understudy.settings import Layer, Loaded, Origin, Settings, load, read_layers
from understudy.settings.document import parse
from understudy.settings.options import Option, options
from understudy.settings.schema import package_json_configuration, schema
from understudy.settings.tasks import CustomTask
from understudy.settings.triggers import Hooks, Rule

from .json_values import damaged

SCHEMA = jsonschema.Draft202012Validator(schema())
PATH = Path("/srv/shop/.understudy/config.yaml")


def project(text: str, *, trusted: bool = True) -> Loaded:
    return load([Layer(Origin.PROJECT, text, PATH)], trusted=trusted)


def editor(tree: dict[str, object]) -> Loaded:
    return load([Layer(Origin.EDITOR, tree)], trusted=True)


def test_nothing_given_is_the_defaults() -> None:
    assert load([], trusted=False) == Loaded(Settings())
    for nothing in (
        "",
        "# only a comment\n",
        "---\n",
        "analysis:\n  # onSave: false\n",
        "ruff: {}",
    ):
        assert project(nothing)[:2] == (Settings(), ()), nothing


def test_a_later_layer_overrides_setting_by_setting() -> None:
    layers = [
        Layer(Origin.EDITOR, {"complexity": {"max": 30}}),
        Layer(Origin.USER, "complexity: {max: 10}\nanalysis: {debounceMs: 1, idleDelayMs: 60}"),
        Layer(Origin.PROJECT, "complexity: {max: 20}\nanalysis: {debounceMs: 2}\nlog:\n"),
    ]
    loaded = load(layers, trusted=True)
    assert loaded.valid
    assert loaded.settings.complexity.max == 30
    assert loaded.settings.analysis.debounce_ms == 2
    assert loaded.settings.analysis.idle_delay_ms == 60
    assert loaded.settings.analysis.on_save is True


def nested(path: tuple[str, ...], value: object) -> dict[str, Any]:
    for step in reversed(path):
        value = {step: value}
    return dict(value)  # type: ignore[call-overload,no-any-return] # a path has a step


def arrived(settings: object, option: Option) -> Any:
    """What the tree holds in the place of ``option``."""
    *groups, _ = option.path
    for step in groups:
        settings = getattr(settings, re.sub("[A-Z]", lambda upper: f"_{upper[0].lower()}", step))
    return getattr(settings, option.name)


def same(option: Option, given: Any, value: Any) -> bool:
    """Whether ``value``, of the tree, is what was given in a file, over the defaults."""
    if not option.entry:
        return bool(value == (tuple(given) if isinstance(given, list) else given))
    return value.keys() == given.keys() and all(
        same(field, entry[field.path[0]], getattr(value[name], field.name))
        if field.path[0] in entry
        else getattr(value[name], field.name) == field.default
        for name, entry in given.items()
        for field in option.entry
    )


@pytest.mark.parametrize("option", options(), ids=lambda option: option.key)
def test_every_setting_arrives(option: Option) -> None:
    value = _another(option)
    loaded = editor(nested(option.path, value))
    assert not loaded.problems
    assert same(option, value, arrived(loaded.settings, option))
    assert arrived(loaded.settings, option) != option.default


def _another(option: Option) -> Any:
    if option.entry:
        return {"it": {field.path[0]: _another(field) for field in option.entry}}
    if option.named:
        return {"X": next(iter(option.choices), "x")}
    if option.item is int:
        return [2]
    if option.item and option.about.form:
        return FITTING[option.about.form][:1]
    if option.item:
        choices = option.choices[:1] or ("x",)
        return [*choices]
    if option.choices:
        return next(choice for choice in option.choices if choice != option.default)
    if isinstance(option.default, bool):
        return not option.default
    if isinstance(option.default, int | float):
        assert option.about.le is not None
        if 0 < option.default < 1 and option.about.le <= 1:
            return option.default / 2
        return option.default + (1 if option.default < option.about.le else -1)
    return FITTING.get(option.about.form, ["x"])[0]


FITTING = {
    "address": ["http://127.0.0.1:8080", "https://example.org/a/b/", "https://ä.example"],
    "cron": ["*/5 0-6,22 * JAN mon#1", "0 0 1 * *", ""],
    "interval": ["30m", "2h", "1d", "30m of activity", ""],
    "timezone": ["Europe/Berlin", "UTC", ""],
    "expression": ["pytest", r"^(?P<file>.+):(\d+)", ""],
    "output": ["sarif", "json", r"^(?P<line>\d+)"],
    "ending": ["*.sh", ".github/workflows/*.yml", "Dockerfile", "a b/?[x]😀"],
    "variable": ["MAIL_1", "_x"],
    "revision": ["HEAD", "main...", "v1.0~2", "off"],
    "ignored": ["B101", "@a/b-c in tests/, *.ts until 2026-03-01 -- so"],
}


def names() -> st.SearchStrategy[str]:
    return st.text("aZ09_.:-", min_size=1, max_size=6)


def valid(option: Option) -> st.SearchStrategy[Any]:
    """What a file may hold for a setting, or for a field of an entry."""
    texts = st.sampled_from(FITTING.get(option.about.form, ["", "on", "1", "a: b", "#", "ä😀"]))
    if option.entry:
        fields = {field.path[0]: valid(field) for field in option.entry if not field.required}
        musts = {field.path[0]: valid(field) for field in option.entry if field.required}
        entries = st.fixed_dictionaries(musts, optional=fields)
        return st.dictionaries(names(), entries, max_size=2)
    if option.named:
        words = st.sampled_from(option.choices) if option.choices else texts
        return st.dictionaries(names(), words, max_size=2)
    if option.item is int:
        return st.lists(st.integers(0, 255), max_size=3)
    if option.item:
        items = st.sampled_from(option.choices) if option.choices else texts
        return st.lists(items, min_size=int(option.required), max_size=3)
    if option.choices:
        return st.sampled_from(option.choices)
    if option.type is bool:
        return st.booleans()
    if option.type is str:
        return texts
    low, high = option.about.ge, option.about.le
    assert low is not None
    assert high is not None
    whole = st.integers(math.ceil(low), math.floor(high))
    return whole if option.type is int else whole | st.floats(low, high)


chosen = st.lists(
    st.sampled_from(options()).flatmap(
        lambda option: valid(option).map(lambda value: (option, value))
    ),
    max_size=4,
    unique_by=lambda pair: pair[0].key,
)


def tree_of(given: list[tuple[Option, Any]]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for option, value in given:
        group = tree
        for step in option.path[:-1]:
            group = group.setdefault(step, {})
        group[option.path[-1]] = value
    return tree


@runs(deadline=None)
@given(chosen, st.booleans())
def test_what_is_valid_arrives_as_it_is(given: list[tuple[Option, Any]], flow: bool) -> None:
    tree = tree_of(given)
    text = yaml.safe_dump(tree, allow_unicode=True, default_flow_style=flow)
    loaded = project(text)
    assert not loaded.problems
    assert all(same(option, value, arrived(loaded.settings, option)) for option, value in given)
    assert loaded[:2] == editor(tree)[:2]
    SCHEMA.validate(tree)
    touched = {option.key for option, _ in given}
    assert all(
        arrived(loaded.settings, option) == option.default
        for option in options()
        if option.key not in touched
    )


FULL = {
    "tasks": {
        "maxConcurrent": 3,
        "testRunner": {"command": ["pytest", "-q"], "notify": ["failures"]},
        "custom": {"build": {"command": ["make"], "env": {"A": "b"}, "when": ["save"]}},
    },
    "triggers": {"rules": {"nightly": {"tasks": ["build"], "cron": "0 3 * * *"}}},
    "notifications": {"mail": {"host": "localhost", "to": ["a@example.org"], "port": 25}},
}


@runs(deadline=None)
@given(damaged(FULL))
def test_every_fault_has_a_place(tree: Any) -> None:
    """And each is told in a sentence; what is said of the editor's settings has no place."""
    text = json.dumps(tree, ensure_ascii=False)
    for problem in project(text).problems:
        assert problem.range.start < problem.range.end
        assert problem.message.endswith((".", "?"))
    assert isinstance(editor(tree).settings, Settings)


def test_names_are_joined_and_an_entry_replaces_an_entry() -> None:
    user = """
tasks:
  custom:
    build: {command: [make], env: {A: a}, retries: 2}
    lint: {command: [ruff]}
"""
    mine = "tasks: {custom: {build: {command: [ninja]}, docs: {command: [sphinx]}, lint: }}\n"
    layers = [Layer(Origin.USER, user), Layer(Origin.PROJECT, mine, PATH)]
    loaded = load(layers, trusted=True)
    assert loaded.settings.tasks.custom == {
        "build": CustomTask(("ninja",)),
        "lint": CustomTask(("ruff",)),
        "docs": CustomTask(("sphinx",)),
    }
    assert loaded == load(layers, trusted=True)
    untrusted = load(layers, trusted=False).settings.tasks.custom
    assert untrusted["build"] == CustomTask(("make",), env={"A": "a"}, retries=2)
    assert untrusted.keys() == {"build", "lint"}


def test_nothing_in_the_tree_can_be_changed() -> None:
    task = editor({"tasks": {"custom": {"x": {"command": ["a"], "env": {"A": "b"}}}}}).settings
    for mapping in (task.tasks.custom, task.tasks.custom["x"].env, Settings().triggers.rules):
        assert not hasattr(mapping, "__setitem__")


def test_an_entry_that_is_wrong_takes_no_other_with_it() -> None:
    loaded = project("triggers: {rules: {a: {tasks: []}, b: {tasks: [x], on: []}, 'c d': {}}}")
    assert not loaded.valid
    assert loaded.settings.triggers.rules == {"b": Rule(("x",))}


# Text of the file → place (line, column; line, column) and what its message must say.
MISTAKES = {
    "unknown key": (
        "analysis:\n  onsave: true\n",
        (1, 2, 1, 8),
        Severity.MEDIUM,
        "There is no setting `analysis.onsave`: it has no effect. Did you mean `analysis.onSave`?",
    ),
    "key as Python writes it": (
        "analysis:\n  debounce_ms: 3\n",
        (1, 2, 1, 13),
        Severity.MEDIUM,
        "Did you mean `analysis.debounceMs`?",
    ),
    "key of another group": (
        "analysis:\n  timeoutSeconds: 3\n",
        (1, 2, 1, 16),
        Severity.MEDIUM,
        "Did you mean `bandit.timeoutSeconds`?",
    ),
    "unknown group": ("analisys: {}\n", (0, 0, 0, 8), Severity.MEDIUM, "mean `analysis`?"),
    "unlike anything": ("zzz: 1\n", (0, 0, 0, 3), Severity.MEDIUM, "it has no effect."),
    "dotted key": (
        "analysis.onSave: false\n",
        (0, 0, 0, 15),
        Severity.MEDIUM,
        "Write `analysis:`, and indented below it `onSave:`.",
    ),
    "text for a truth value": (
        "analysis:\n  onSave: maybe\n",
        (1, 10, 1, 15),
        Severity.HIGH,
        "`analysis.onSave` must be true or false, not the text 'maybe'.",
    ),
    "on for true": (
        "analysis:\n  onSave: on\n",
        (1, 10, 1, 12),
        Severity.HIGH,
        "not the text 'on'. Words such as on and yes are text in YAML 1.2.",
    ),
    "a time of day for a number": (
        "analysis:\n  debounceMs: 12:30\n",
        (1, 14, 1, 19),
        Severity.HIGH,
        "must be a whole number from 0 to 10000, not the text '12:30'.",
    ),
    "a fraction for a whole number": (
        "analysis: {debounceMs: 1.5}\n",
        (0, 23, 0, 26),
        Severity.HIGH,
        "must be a whole number from 0 to 10000, not 1.5.",
    ),
    "true for a number": (
        "analysis: {debounceMs: true}\n",
        (0, 23, 0, 27),
        Severity.HIGH,
        "not true.",
    ),
    "out of bounds": (
        "bandit:\n  timeoutSeconds: 0\n",
        (1, 18, 1, 19),
        Severity.HIGH,
        "`bandit.timeoutSeconds` must be a number from 0.1 to 600, not 0.",
    ),
    "not one of the words": (
        "severity:\n  low: off\n",
        (1, 7, 1, 10),
        Severity.HIGH,
        "must be one of error, warning, information, hint, not the text 'off'.",
    ),
    "one text for a list": (
        "rules:\n  ignore: B101\n",
        (1, 10, 1, 14),
        Severity.HIGH,
        "must be a list of texts, not the text 'B101'.",
    ),
    "a number in a list of texts": (
        "rules:\n  ignore:\n    - B101\n    - 608\n",
        (3, 6, 3, 9),
        Severity.HIGH,
        "such as B101, or with where",
    ),
    "a value for a group": (
        "ruff: true\n",
        (0, 6, 0, 10),
        Severity.HIGH,
        "`ruff` must be a group of settings, indented below it, not true.",
    ),
    "a group for a value": (
        "ruff:\n  path: {a: b}\n",
        (1, 8, 1, 14),
        Severity.HIGH,
        "`ruff.path` must be text, not a group.",
    ),
    "unknown key, further in": (
        "notifications:\n  mail:\n    password: x\n",
        (2, 4, 2, 12),
        Severity.MEDIUM,
        "Did you mean `notifications.mail.passwordVariable`?",
    ),
    "unknown group in a group": (
        "notifications: {email: {host: x}}\n",
        (0, 16, 0, 21),
        Severity.MEDIUM,
        "`notifications.email`: it has no effect. Did you mean `notifications.mail`?",
    ),
    "key of a group further in": (
        "notifications:\n  keepDays: 1\n",
        (1, 2, 1, 10),
        Severity.MEDIUM,
        "Did you mean `notifications.file.keepDays`?",
    ),
    "dotted key of several groups": (
        "notifications:\n  mail.host: x\n",
        (1, 2, 1, 11),
        Severity.MEDIUM,
        "Write `notifications:`, and indented below it `mail:`, and indented below it `host:`.",
    ),
    "a value for a group in a group": (
        "notifications:\n  mail: localhost\n",
        (1, 8, 1, 17),
        Severity.HIGH,
        "`notifications.mail` must be a group of settings, indented below it, not the text",
    ),
    "not one of the words of a list": (
        "tasks:\n  metrics: [executionTime, speed]\n",
        (1, 27, 1, 32),
        Severity.HIGH,
        "`tasks.metrics.1` must be one of executionTime, successRate, resourceUsage",
    ),
    "a word for a list of words": (
        "tasks: {codeAnalysis: {notify: issues}}\n",
        (0, 31, 0, 37),
        Severity.HIGH,
        "must be a list of completion, issues, failures, highCounts, timeouts, not the text",
    ),
    "a list for names": (
        "tasks:\n  custom: [build]\n",
        (1, 10, 1, 17),
        Severity.HIGH,
        "`tasks.custom` must be names, indented below it, each with a group of settings, not a",
    ),
    "a command for an entry": (
        "tasks:\n  custom:\n    build: make\n",
        (2, 11, 2, 15),
        Severity.HIGH,
        "`tasks.custom.build` must be a group of settings, indented below it, not the text 'make'.",
    ),
    "one text for a command": (
        "tasks:\n  custom:\n    build:\n      command: make all\n",
        (3, 15, 3, 23),
        Severity.HIGH,
        "`tasks.custom.build.command` must be a list of texts, at least one, not the text 'make",
    ),
    "an empty command": (
        "tasks: {custom: {build: {command: []}}}\n",
        (0, 34, 0, 36),
        Severity.HIGH,
        "must be a list of texts, at least one, not an empty list.",
    ),
    "no text in a command": (
        "tasks: {custom: {build: {command: [true]}}}\n",
        (0, 34, 0, 40),
        Severity.HIGH,
        "must be a list of texts, at least one, not a list with true in it.",
    ),
    "no command": (
        "tasks:\n  custom:\n    build:\n      cwd: src\n",
        (2, 4, 2, 9),
        Severity.HIGH,
        "`tasks.custom.build` lacks `command`: it must be a list of texts, at least one.",
    ),
    "unknown field of an entry": (
        "tasks: {custom: {build: {command: [make], time_out: 3}}}\n",
        (0, 42, 0, 50),
        Severity.MEDIUM,
        "Did you mean `tasks.custom.build.timeoutSeconds`?",
    ),
    "no name": (
        "tasks:\n  custom:\n    my build: {command: [make]}\n",
        (2, 4, 2, 12),
        Severity.HIGH,
        "`my build` cannot be a name in `tasks.custom`: use letters, digits and the characters",
    ),
    "no name of a variable": (
        "tasks: {custom: {b: {command: [x], env: {A=B: c}}}}\n",
        (0, 41, 0, 44),
        Severity.HIGH,
        "`A=B` cannot be a name in `tasks.custom.b.env`",
    ),
    "a number for a text among names": (
        "tasks: {custom: {b: {command: [x], env: {A: 1}}}}\n",
        (0, 44, 0, 45),
        Severity.HIGH,
        "`tasks.custom.b.env.A` must be text, not 1.",
    ),
    "nothing for a text among names": (
        "tasks: {custom: {b: {command: [x], parameters: {a: ~}}}}\n",
        (0, 51, 0, 52),
        Severity.HIGH,
        "`tasks.custom.b.parameters.a` must be text, not nothing.",
    ),
    "a text for texts by name": (
        "tasks: {custom: {b: {command: [x], env: A=B}}}\n",
        (0, 40, 0, 43),
        Severity.HIGH,
        "must be names, indented below it, each with a text, not the text 'A=B'.",
    ),
    "no cron expression": (
        "triggers:\n  securityDaily: 9 o'clock\n",
        (1, 17, 1, 26),
        Severity.HIGH,
        "must be a cron expression of five fields, such as 0 9 * * 1-5, not the text '9 o'clock'.",
    ),
    "no interval": (
        "triggers: {rules: {r: {tasks: [x], every: 90}}}\n",
        (0, 42, 0, 44),
        Severity.HIGH,
        "`triggers.rules.r.every` must be a time such as 30m, 2h, 1d or 30m of activity, not 90.",
    ),
    "no revision": (
        "analysis: {onlyChanged: --all}\n",
        (0, 24, 0, 29),
        Severity.HIGH,
        "must be off, or a revision such as HEAD, main or main..., not the text '--all'.",
    ),
    "not one of the words in an entry": (
        "triggers: {rules: {r: {tasks: [x], on: [saved]}}}\n",
        (0, 40, 0, 45),
        Severity.HIGH,
        "`triggers.rules.r.on.0` must be one of change, created,",
    ),
    "set twice": (
        "ruff:\n  path: a\n  path: b\n",
        (2, 2, 2, 6),
        Severity.HIGH,
        "`path` is set twice, first on line 2. Keep one.",
    ),
    "a list at the top": ("- ruff\n", (0, 0, 1, 0), Severity.HIGH, "written as groups"),
    "tab": ("ruff:\n\tpath: x\n", (1, 0, 1, 8), Severity.HIGH, "A tab cannot indent YAML."),
    "syntax": ("ruff: {path: x\n", (1, 0, 1, 0), Severity.HIGH, "This is not valid YAML: "),
    "alias": ("a: &x 1\nruff: *x\n", (1, 6, 1, 8), Severity.HIGH, "aliases are not read here"),
    "endless tree": ("a: &x [*x]\n", (0, 7, 0, 10), Severity.HIGH, "aliases are not read here"),
    "tag": (
        "ruff:\n  path: !!python/name:os.system\n",
        (1, 8, 1, 31),
        Severity.HIGH,
        "The tag `tag:yaml.org,2002:python/name:os.system` is not read here.",
    ),
    "control character": ("ruff:\n  path: a\x07\n", (1, 9, 1, 10), Severity.HIGH, "U+0007"),
    "nested too deeply": ("[" * 20_000, (0, 0, 0, 0), Severity.HIGH, "nested too deeply"),
    "a list as key": ("? [a]\n: b\n", (0, 2, 0, 5), Severity.HIGH, "A key must be one word."),
    "after an emoji, with CRLF": (
        "rules: # \N{GRINNING FACE}\r\n  ignore: ['\N{GRINNING FACE}', 8]\r\n",
        (1, 16, 1, 17),
        Severity.HIGH,
        "not 8.",
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes(case: str) -> None:
    text, place, severity, message = MISTAKES[case]
    found = project(text).problems
    problem = found[-1]
    assert message in problem.message
    start, end = problem.range
    assert (start.line, start.column, end.line, end.column) == place
    assert problem.severity is severity
    assert problem.path == PATH


def test_all_mistakes_are_told_and_what_is_right_holds() -> None:
    loaded = project("analysis: {onSave: 1, onIdle: false}\nruff: 3\nlog: {level: loud}\n")
    assert len(loaded.problems) == 3
    assert not loaded.valid
    assert loaded.settings == Settings.of({"analysis.onIdle": False})


def test_an_unknown_key_does_not_stop_the_rest() -> None:
    loaded = project("analysis: {onSave: false, later: 1}\n")
    assert loaded.valid
    assert not loaded.settings.analysis.on_save


def test_a_mistake_leaves_the_lower_layer_in_force() -> None:
    layers = [
        Layer(Origin.USER, "complexity: {max: 7}", Path("/user.yaml")),
        Layer(Origin.PROJECT, "complexity: {max: none}", PATH),
    ]
    loaded = load(layers, trusted=True)
    assert loaded.settings.complexity.max == 7
    assert [problem.path for problem in loaded.problems] == [PATH]


def test_what_the_editor_sends() -> None:
    """Null is unset, the client's own settings are not ours, mistakes have no file."""
    loaded = editor({"log": {"level": None}, "ruff": None, "server": {"trace": "off"}})
    assert loaded[:2] == (Settings(), ())
    (problem,) = editor({"log": {"level": 3}}).problems
    assert problem.path is None
    assert "`log.level` must be one of" in problem.message


@pytest.mark.parametrize("sent", [[], 3, True, 1.5])
def test_an_editor_that_sends_no_tree(sent: object) -> None:
    loaded = load([Layer(Origin.EDITOR, sent)], trusted=True)
    assert loaded.settings == Settings()
    assert "must be a group of settings, not" in loaded.problems[0].message


def test_an_editor_that_sends_an_endless_tree() -> None:
    tree: dict[str, object] = {}
    for _ in range(5_000):
        tree = {"ruff": tree}
    assert editor(tree).settings == Settings()


# No JSON schema can tell.
MISTAKES_BEYOND_THE_SCHEMA = {
    "no time zone": ("timezone: Mars/Base", "the name of a time zone, such as Europe/Berlin"),
    "a file for a time zone": ("timezone: ../../etc/passwd", "the name of a time zone"),
    "no expression": ("matcher: '(a'", "the name of a problem matcher or a regular expression"),
}


@pytest.mark.parametrize("case", MISTAKES_BEYOND_THE_SCHEMA)
def test_mistakes_that_no_schema_tells(case: str) -> None:
    field, message = MISTAKES_BEYOND_THE_SCHEMA[case]
    if field.startswith("matcher"):
        text = f"tasks: {{custom: {{x: {{command: [x], {field}}}}}}}"
    else:
        text = f"triggers: {{rules: {{x: {{tasks: [x], {field}}}}}}}"
    (problem,) = project(text).problems
    assert f"must be {message}" in problem.message
    assert problem.range.start.column == text.index(field) + field.index(" ") + 1


@pytest.mark.parametrize(
    "given",
    ["mail: {passwordVariable: hunter-2}", "services: {urlVariables: [x, 'json://hunter-2']}",
     "services: {urlVariables: hunter-2}"],
)  # fmt: skip
def test_a_secret_in_the_wrong_place_is_not_repeated(given: str) -> None:
    (problem,) = project(f"notifications: {{{given}}}").problems
    assert re.search("of (an )?environment variable", problem.message)
    assert "hunter" not in problem.message


@pytest.mark.parametrize("key", ["ruff.path", "bandit.interpreter"])
def test_an_untrusted_project_names_no_program(key: str) -> None:
    group, leaf = key.split(".")
    text = f"{group}:\n  {leaf}: ./evil\n"
    refused = project(text, trusted=False)
    assert refused.settings == Settings()
    assert refused.valid
    (problem,) = refused.problems
    assert problem.severity is Severity.LOW
    assert problem.range.start == Position(1, len(leaf) + 4)
    assert f"`{key}` is not used" in problem.message
    assert project(text, trusted=True).settings != Settings()
    for origin in (Origin.USER, Origin.EDITOR):
        content: Any = text if origin is Origin.USER else {group: {leaf: "./mine"}}
        assert load([Layer(origin, content)], trusted=False).settings != Settings()


UNTRUSTED = {
    "tasks:\n  testRunner: {command: [evil]}\n": "it names a program to run",
    "tasks:\n  custom: {a: {command: [evil]}}\n": "it names a program to run",
    "notifications:\n  mail: {host: evil.example}\n": "it decides what is sent where",
    "notifications:\n  mail: {security: none}\n": "it decides what is sent where",
    "notifications:\n  mail: {passwordVariable: TOKEN}\n": "it decides what is sent where",
    "notifications:\n  services: {urlVariables: [HOME]}\n": "it decides what is sent where",
    "notifications:\n  file: {path: /etc/passwd}\n": "it names a file to write",
}


@pytest.mark.parametrize("text", UNTRUSTED)
def test_an_untrusted_project_sends_nothing_away(text: str) -> None:
    refused = project(text, trusted=False)
    assert refused.settings == Settings()
    (problem,) = refused.problems
    assert UNTRUSTED[text] in problem.message
    assert problem.range.start.line == 1
    assert project(text, trusted=True).settings != Settings()
    assert load([Layer(Origin.USER, text)], trusted=False).settings != Settings()


def test_every_text_needs_trust_unless_it_does_no_harm() -> None:
    """Texts and lists of texts name programs, hosts and files: an exception is written here."""
    harmless = {"analysis.exclude", "rules.ignore", "triggers.exclude", "triggers.securityDaily"}
    # Of the tests' own command, which does need trust: how its answer is read.
    harmless |= {"tasks.testRunner.report", "tasks.testRunner.matcher"}
    # Git's names of commits, with a form that no option of git has.
    harmless |= {"analysis.onlyChanged"}
    # Of a tool that does not run without trust.
    harmless |= {"semgrep.rules"}
    assert {
        option.key
        for option in options()
        if (option.type is str or option.item is str) and not option.about.trusted_only
    } == harmless


@given(
    st.text(
        alphabet="arufbndit:. -[]{}#\n\"'|>&*!%@`\t01,?\x00\ufeff\N{GRINNING FACE}", max_size=60
    )
)
def test_any_text_is_read_or_complained_of(text: str) -> None:
    loaded = project(text)
    for problem in loaded.problems:
        assert problem.range.start <= problem.range.end
        assert problem.message.endswith((".", "?"))


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.text(alphabet="ab:#-[]{}'\"\\\n\t 01.~&*!\N{GRINNING FACE}"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abc", min_size=1), plain, max_size=3))
def test_json_is_read_as_it_is(tree: dict[str, object]) -> None:
    document = parse(json.dumps(tree, ensure_ascii=False))
    assert not document.flaws
    assert document.data == tree


# ── files ───────────────────────────────────────────────────────────────────────────────────────


def layers_of(root: Path) -> tuple[Layer, ...]:
    return read_layers(root, {"XDG_CONFIG_HOME": str(root / "xdg")})


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_the_files_that_are_read(tmp_path: Path) -> None:
    assert layers_of(tmp_path) == ()
    user = write(tmp_path / "xdg/understudy/config.yaml", "log: {level: debug}\n")
    mine = write(tmp_path / ".understudy/config.yaml", "ruff: {enabled: false}\n")
    assert layers_of(tmp_path) == (
        Layer(Origin.USER, "log: {level: debug}\n", user),
        Layer(Origin.PROJECT, "ruff: {enabled: false}\n", mine),
    )
    assert len(read_layers(None, {"XDG_CONFIG_HOME": str(tmp_path / "xdg")})) == 1


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"ruff: \xff\n", "it is not UTF-8 (byte 6)"), (b"#" * 300_000, "larger than 256 KiB")],
)
def test_a_file_that_cannot_be_used_is_told(tmp_path: Path, content: bytes, why: str) -> None:
    path = write(tmp_path / ".understudy/config.yaml", content)
    loaded = load(layers_of(tmp_path), trusted=True)
    (problem,) = loaded.problems
    assert why in problem.message
    assert problem.path == path
    assert not loaded.valid


def test_a_pipe_a_folder_and_a_link_loop_neither_block_nor_break(tmp_path: Path) -> None:
    path = tmp_path / ".understudy/config.yaml"
    path.parent.mkdir()

    def link_to_itself(at: Path) -> None:
        at.symlink_to(at)

    makers: tuple[Callable[[Path], None], ...] = (os.mkfifo, Path.mkdir, link_to_itself)
    for make in makers:
        make(path)
        (problem,) = load(layers_of(tmp_path), trusted=True).problems
        assert f"{path} cannot be read" in problem.message
        path.rename(tmp_path / str(makers.index(make)))


# ── for editors ─────────────────────────────────────────────────────────────────────────────────


def test_the_schema_agrees_with_the_loader() -> None:
    SCHEMA.check_schema(schema())
    for text, _, severity, _ in MISTAKES.values():
        if parse(text).flaws:
            continue
        errors = list(SCHEMA.iter_errors(parse(text).data))
        assert errors, text
        assert severity in (Severity.MEDIUM, Severity.HIGH)
    for option in options():
        value = json.loads(json.dumps(option.default, default=dict))
        SCHEMA.validate(nested(option.path, value))


def test_the_section_for_vs_code() -> None:
    properties = package_json_configuration({"understudy.server.trace": {"type": "string"}})
    assert list(properties) == [
        *(f"understudy.{option.key}" for option in options()),
        "understudy.server.trace",
    ]
    assert properties["understudy.ruff.path"]["scope"] == "machine-overridable"
    assert properties["understudy.severity.low"]["default"] == "information"
    for about in properties.values():
        assert "$ref" not in json.dumps(about)


def test_the_examples_of_the_page_are_valid(pytestconfig: pytest.Config) -> None:
    page = (pytestconfig.rootpath / "docs/settings.md").read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert examples
    for example in examples:
        assert not project(example).problems


def test_importing_settings_loads_neither_yaml_nor_pydantic() -> None:
    code = (
        "import sys; from understudy.settings import Layer, Origin, load;"
        "load([Layer(Origin.EDITOR, {})], trusted=True);"
        "print({'yaml', 'pydantic'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.strip() == "set()"


def test_yaml_words_agree_with_json_schema_editors() -> None:
    """The core schema of YAML 1.2, where PyYAML by itself speaks 1.1."""
    words = "[on, yes, 12:30, 0o17, 017, 0x1F, 1_000, ~, .5, 1e3, 2001-01-01, '1', \"true\", TRUE]"
    expected = [
        "on", "yes", "12:30", 15, 17, 31, "1_000", None, 0.5, 1000.0, "2001-01-01", "1", "true",
        True,
    ]  # fmt: skip
    assert parse(f"a: {words}").data == {"a": expected}
    assert yaml.safe_load("a: on") == {"a": True}


# ── values ──────────────────────────────────────────────────────────────────────────────────────


def test_a_group_is_a_frozen_value() -> None:
    rule = Rule(("a",), on=("save",))
    assert rule == Rule(tasks=("a",), on=("save",)) != Rule(("a",))
    assert rule._replace(on=()) == Rule(("a",))
    assert len({rule, rule._replace(), rule._replace(cron="* * * * *")}) == 2
    assert repr(Hooks("high")) == "Hooks(gate='high')"
    assert pickle.loads(pickle.dumps(rule)) == rule
    with pytest.raises(AttributeError, match="Rule is frozen"):
        rule.on = ()  # type: ignore[misc]
    with pytest.raises(AttributeError, match="Rule is frozen"):
        del rule.on


@pytest.mark.parametrize(
    "make",
    [
        Rule,
        lambda: Hooks("low", "high"),  # type: ignore[call-arg]
        lambda: Hooks("low", gate="high"),  # type: ignore[misc]
        lambda: Hooks(gates="low"),  # type: ignore[call-arg]
    ],
)
def test_a_group_takes_its_fields_only(make: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match="has the fields"):
        make()
