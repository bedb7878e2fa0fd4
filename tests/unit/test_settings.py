"""Settings: layers to one tree; every mistake at its place, in words that help."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from understudy.model import Position, Severity
from understudy.settings import Layer, Loaded, Origin, Settings, load, read_layers
from understudy.settings.document import parse
from understudy.settings.schema import package_json_configuration, schema
from understudy.settings.tree import options

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
        assert project(nothing) == Loaded(Settings()), nothing


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


def test_every_setting_arrives() -> None:
    for option in options():
        value = _another(option.default, option.choices)
        settings = editor({option.group: {option.leaf: value}}).settings
        arrived = getattr(getattr(settings, option.group), option.name)
        assert arrived == (tuple(value) if isinstance(value, list) else value), option.key


def _another(default: object, choices: tuple[str, ...]) -> Any:
    if isinstance(default, bool):
        return not default
    if choices:
        return next(choice for choice in choices if choice != default)
    if isinstance(default, int | float):
        return default + 1
    return ["x"] if isinstance(default, tuple) else "x"


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
        "must be text, not 608.",
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
        "must be text, not 8.",
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
    assert loaded == Loaded(Settings())
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


def test_every_setting_that_names_a_program_needs_trust() -> None:
    trusted = {option.key for option in options() if option.about.trusted_only}
    assert trusted == {option.key for option in options() if option.type is str}


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
    validator = jsonschema.Draft202012Validator
    validator.check_schema(schema())
    for text, _, severity, _ in MISTAKES.values():
        if parse(text).flaws:
            continue
        errors = list(validator(schema()).iter_errors(parse(text).data))
        assert errors, text
        assert severity in (Severity.MEDIUM, Severity.HIGH)
    for option in options():
        value = list(option.default) if isinstance(option.default, tuple) else option.default
        validator(schema()).validate({option.group: {option.leaf: value}})


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
