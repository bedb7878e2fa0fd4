"""The project's own Ruff configuration holds, and what Understudy adds to it is never in its way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.analyzers.ruff import ANALYZER
from understudy.analyzers.ruff import child as ruff_child
from understudy.findings import codec
from understudy.model import State
from understudy.settings import Settings

from ..unit.json_values import LEAVES
from .support import DEFAULTS, Asker, tree

# By default Ruff says F401 and not E703; S101 and C901 are added.
SOURCE = "import os\n\nassert True;\n\n\ndef f(a):\n" + "".join(
    f"    if a == {number}:\n        return {number}\n" for number in range(12)
)
WATCHED = {"F401", "E703", "S101", "C901"}


@pytest.fixture(autouse=True)
def servers_end() -> Iterator[None]:
    yield
    while ruff_child._servers:
        _, server = ruff_child._servers.popitem()
        server.close()


def watched(asker: Asker, name: str = "app.py", settings: Settings = DEFAULTS) -> set[str]:
    return asker.rules(name, settings) & WATCHED


SEEN = {"F401", "S101", "C901"}

CASES: dict[str, tuple[dict[str, str], set[str]]] = {
    "none": ({}, SEEN),
    "pyproject": ({"pyproject.toml": '[tool.ruff.lint]\nselect = ["E7"]'}, {"E703", "S101", "C901"}),
    "pyproject, the old form": ({"pyproject.toml": '[tool.ruff]\nselect = ["E7"]'}, {"E703", "S101", "C901"}),
    "pyproject of others": ({"pyproject.toml": "[tool.black]\nline-length = 99"}, SEEN),
    "pyproject, empty table": ({"pyproject.toml": "[tool.ruff]\n"}, SEEN),
    "ruff.toml": ({"ruff.toml": 'lint.select = ["E7"]'}, {"E703", "S101", "C901"}),
    "ruff.toml before pyproject": (
        {"ruff.toml": 'lint.select = ["E7"]', "pyproject.toml": '[tool.ruff.lint]\nselect = ["F"]'},
        {"E703", "S101", "C901"},
    ),
    ".ruff.toml before ruff.toml": (
        {".ruff.toml": 'lint.select = ["E7"]', "ruff.toml": 'lint.select = ["F"]'},
        {"E703", "S101", "C901"},
    ),
    "S selected in part": ({"ruff.toml": 'lint.select = ["F", "S6"]'}, {"F401", "C901"}),
    "S ignored": ({"ruff.toml": 'lint.ignore = ["S"]'}, {"F401", "C901"}),
    "S ignored in part": ({"ruff.toml": 'lint.extend-select = ["S"]\nlint.ignore = ["S101"]'}, {"F401", "C901"}),
    "one of S ignored": ({"ruff.toml": 'lint.ignore = ["S101"]'}, {"F401", "C901"}),
    "S extended": ({"ruff.toml": 'lint.extend-select = ["S1"]'}, SEEN),
    "SIM is not S": ({"ruff.toml": 'lint.select = ["SIM"]'}, {"S101", "C901"}),
    "all": ({"ruff.toml": 'lint.select = ["ALL"]'}, {"E703", *SEEN}),
    "all but": ({"ruff.toml": 'lint.select = ["ALL"]\nlint.ignore = ["S101", "C9"]'}, {"E703", "F401"}),
    "nothing": ({"ruff.toml": "lint.select = []"}, {"S101", "C901"}),
    "C901 ignored": ({"ruff.toml": 'lint.ignore = ["C901"]'}, {"F401", "S101"}),
    "C90 ignored": ({"ruff.toml": 'lint.ignore = ["C90"]'}, {"F401", "S101"}),
    "C4 is not C9": ({"ruff.toml": 'lint.extend-select = ["C4"]'}, SEEN),
    "C holds C9": ({"ruff.toml": 'lint.ignore = ["C"]'}, {"F401", "S101"}),
    "less complexity": ({"ruff.toml": "lint.mccabe.max-complexity = 13"}, {"F401", "S101"}),
    "the old form of it": ({"ruff.toml": "[mccabe]\nmax-complexity = 13"}, {"F401", "S101"}),
    "more complexity": ({"ruff.toml": "lint.mccabe.max-complexity = 12"}, SEEN),
    "by file": ({"ruff.toml": 'lint.per-file-ignores = {"app.py" = ["S101", "F401"]}'}, {"C901"}),
    "extended": (
        {"ruff.toml": 'extend = "base/one.toml"', "base/one.toml": 'lint.select = ["E7"]'},
        {"E703", "S101", "C901"},
    ),
    "extended, S ignored there": (
        {"ruff.toml": 'extend = "base.toml"', "base.toml": 'lint.ignore = ["S101"]'},
        {"F401", "C901"},
    ),
    "extended twice, a threshold there": (
        {
            "ruff.toml": 'extend = "a.toml"',
            "a.toml": 'extend = "b/pyproject.toml"',
            "b/pyproject.toml": "[tool.ruff.lint.mccabe]\nmax-complexity = 13",
        },
        {"F401", "S101"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_holds(case: str, tmp_path: Path) -> None:
    files, expected = CASES[case]
    asker = Asker(ANALYZER, tree(tmp_path, {"app.py": SOURCE, **files}))
    assert watched(asker) == expected


EXCLUDED = {
    "by name": 'extend-exclude = ["app.py"]',
    "instead of what is excluded by itself": 'exclude = ["app.py"]',
    "by folder": 'extend-exclude = ["in"]',
    "from linting": 'lint.exclude = ["in/*"]',
    "nested": 'lint.exclude = ["*.py"]\nlint.select = []',
}


@pytest.mark.parametrize("source", [SOURCE, "x = 1\n", "def f(:\n"])
@pytest.mark.parametrize("case", EXCLUDED)
def test_what_ruff_does_not_look_at_is_not_clean(case: str, source: str, tmp_path: Path) -> None:
    name = "in/ruff.toml" if case == "nested" else "ruff.toml"
    files = {name: EXCLUDED[case], "in/app.py": source, "beside.py": source}
    asker = Asker(ANALYZER, tree(tmp_path, files))
    report = asker.both("in/app.py")
    assert report.state is State.NOT_ANALYSED
    assert report.why == "Ruff's configuration excludes this file"
    assert not report.findings
    assert asker.both("beside.py").state.is_verdict
    (tmp_path / name).write_text("")
    assert asker.both("in/app.py").state.is_verdict


@pytest.mark.parametrize(
    "options",
    [
        'include = ["other/*.py"]',
        "lint.select = []\nlint.ignore = ['S', 'C901']",
        'lint.per-file-ignores = {"*" = ["ALL"]}',
        'lint.per-file-ignores = {"*" = ["S", "C901"]}\nlint.select = []',
    ],
)
def test_what_it_looks_at_and_has_nothing_to_say_of_is_clean(options: str, tmp_path: Path) -> None:
    """Under ``include`` too: that is for what Ruff finds by itself, not for what it is named."""
    files = {"ruff.toml": options, "app.py": "assert True\n", "stub.pyi": "", "app.pyw": ""}
    asker = Asker(ANALYZER, tree(tmp_path, files))
    for name in ("stub.pyi", "app.pyw"):
        assert asker.both(name).state is State.CLEAN
    if "include" not in options:
        assert asker.both("app.py").state is State.CLEAN


def test_rules_keep_their_codes_in_preview(tmp_path: Path) -> None:
    """The server then tells names, and some rules have no code."""
    source = "import re\nimport pytest\n\n\n@pytest.fixture(autouse=True)\ndef f():\n    re.compile('a').match('a')\n"
    files = {"ruff.toml": 'preview = true\nlint.select = ["ALL"]', "app.py": source + "def f(:\n"}
    asker = Asker(ANALYZER, tree(tmp_path, files | {"test_app.py": source}))
    rules = asker.rules("test_app.py")
    assert {"ANN201", "D103", "pytest-fixture-autouse"} <= rules
    assert "invalid-syntax" not in rules
    assert "invalid-syntax" in asker.rules("app.py")


def test_places_do_not_count_a_byte_order_mark(tmp_path: Path) -> None:
    """Which stays with the content where it is why Python refuses the file."""
    content = "\ufeffassert True # coding: latin-1\n"
    asker = Asker(ANALYZER, tree(tmp_path, {"ruff.toml": "lint.select = []", "app.py": content}))
    (finding,) = asker.both("app.py").findings
    assert tuple(finding.range.start) == (0, 0)


def test_messages_name_files_from_the_root(tmp_path: Path) -> None:
    files = {"ruff.toml": 'lint.select = ["INP001"]', "in/app.py": ""}
    (finding,) = Asker(ANALYZER, tree(tmp_path, files)).both("in/app.py").findings
    assert finding.message.startswith("File `in/app.py` is part of")


def test_the_nearest_wins(tmp_path: Path) -> None:
    files = {
        "ruff.toml": 'lint.select = ["F"]',
        "in/pyproject.toml": '[tool.ruff.lint]\nselect = ["E7"]\nignore = ["S"]',
        "in/deep/pyproject.toml": "[project]\nname = 'deep'",
        "in/deep/own/.ruff.toml": "lint.select = []",
    }
    sources = ("app.py", "in/app.py", "in/deep/app.py", "in/deep/own/app.py", "beside/app.py")
    asker = Asker(ANALYZER, tree(tmp_path, files | dict.fromkeys(sources, SOURCE)))
    expected: tuple[set[str], ...] = (
        {"F401", "S101", "C901"},
        {"E703", "C901"},
        {"E703", "C901"},
        {"S101", "C901"},
        {"F401", "S101", "C901"},
    )
    for name, rules in zip(sources, expected, strict=True):
        assert watched(asker, name) == rules, name


def test_a_configuration_around_the_workspace_holds(tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    tree(tmp_path, {"ruff.toml": 'lint.select = ["E7"]', "workspace/app.py": SOURCE})
    assert watched(Asker(ANALYZER, root)) == {"E703", "S101", "C901"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"complexity.max": 12}, SEEN),
        ({"complexity.max": 13}, {"F401", "S101"}),
        ({"complexity.enabled": False}, {"F401", "S101"}),
    ],
)
def test_the_setting_of_complexity(
    values: dict[str, object], expected: set[str], tmp_path: Path
) -> None:
    asker = Asker(ANALYZER, tree(tmp_path, {"app.py": SOURCE}))
    assert watched(asker, settings=Settings.of(values)) == expected


def test_the_projects_threshold_goes_before_the_setting(tmp_path: Path) -> None:
    files = {"app.py": SOURCE, "ruff.toml": "lint.mccabe.max-complexity = 20"}
    asker = Asker(ANALYZER, tree(tmp_path, files))
    assert watched(asker, settings=Settings.of({"complexity.max": 1})) == {"F401", "S101"}


def test_changes_are_followed(tmp_path: Path) -> None:
    """One warm server sees them all: what is made, changed, extended, nested, and taken away."""
    asker = Asker(ANALYZER, tree(tmp_path, {"app.py": SOURCE, "in/app.py": SOURCE}))
    top, nested, base = tmp_path / "ruff.toml", tmp_path / "in/ruff.toml", tmp_path / "base.toml"

    def seen() -> tuple[set[str], set[str]]:
        return watched(asker), watched(asker, "in/app.py")

    extra = {"S101", "C901"}
    e7, f = {"E703", *extra}, {"F401", *extra}
    assert seen() == (f, f)
    top.write_text('lint.select = ["E7"]')
    assert seen() == (e7, e7)
    top.write_text('lint.select = ["F", "W"]')
    assert seen() == (f, f)
    nested.write_text('lint.select = ["E7"]')
    assert seen() == (f, e7)
    nested.write_text('lint.select = ["E7", "F"]')
    assert seen() == (f, e7 | f)
    base.write_text('lint.select = ["E7"]')
    top.write_text('extend = "base.toml"')
    assert seen() == (e7, e7 | f)
    base.write_text('lint.select = ["F"]')
    assert seen() == (f, e7 | f)
    nested.unlink()
    assert seen() == (f, f)
    base.write_text('lint.select = ["E7"]')
    assert seen() == (e7, e7)
    top.unlink()
    assert seen() == (f, f)
    assert len(ruff_child._servers) == 1


NESTED = {
    "in/ruff.toml": 'lint.select = ["E7"]',
    "in/deep/pyproject.toml": '[tool.ruff]\nlint.select = ["E7"]',
}


@pytest.mark.parametrize(
    ("made", "gone"), [*((name, name) for name in NESTED), ("in/ruff.toml", "in")]
)
def test_what_is_gone_before_its_folder_was_asked_about(
    made: str, gone: str, tmp_path: Path
) -> None:
    """Ruff had read it, for it reads all configurations at once."""
    inner = "in/deep/app.py"
    files = {"app.py": SOURCE, inner: SOURCE, "ruff.toml": 'lint.select = ["F"]'}
    asker = Asker(ANALYZER, tree(tmp_path, files | {made: NESTED[made]}))
    assert watched(asker) == SEEN
    (tmp_path / gone).rename(tmp_path / "gone")
    tree(tmp_path, {inner: SOURCE})
    assert watched(asker, inner) == SEEN
    assert len(ruff_child._servers) == 1


def test_what_came_and_went_while_its_folder_was_not_asked_about(tmp_path: Path) -> None:
    """Ruff read it because of another one."""
    nested, other = tmp_path / "in/ruff.toml", tmp_path / "other/ruff.toml"
    files = dict.fromkeys(("in/app.py", "in/deep/app.py", "other/app.py"), SOURCE)
    asker = Asker(ANALYZER, tree(tmp_path, files | {"ruff.toml": 'lint.select = ["F"]'}))
    e7 = {"E703", "S101", "C901"}
    assert watched(asker, "in/app.py") == SEEN
    nested.write_text('lint.select = ["E7"]')
    other.write_text('lint.select = ["E7"]')
    assert watched(asker, "other/app.py") == e7
    nested.unlink()
    assert watched(asker, "in/app.py") == SEEN
    nested.write_text('lint.select = ["E7"]')
    assert watched(asker, "in/app.py") == e7
    nested.unlink()
    assert watched(asker, "in/app.py") == SEEN
    nested.write_text('lint.select = ["E7"]')
    assert watched(asker, "in/deep/app.py") == e7
    assert len(ruff_child._servers) == 1


WRONG: dict[str, tuple[str, str | bytes, str]] = {
    "no TOML": ("ruff.toml", "lint.select = [", "TOML parse error"),
    "no TOML in pyproject": ("pyproject.toml", "[tool.ruff\n", "TOML parse error"),
    "not UTF-8": ("ruff.toml", b"# \xff\n", "UTF-8"),
    "an unknown rule": ("ruff.toml", 'lint.select = ["NOPE"]', "NOPE"),
    "an unknown key": ("ruff.toml", "lnt.select = []", "lnt"),
    "a wrong type": ("ruff.toml", "lint.select = 7", "expected a sequence"),
    "another version": ("ruff.toml", 'required-version = "==0.0.1"', "0.0.1"),
    "a base that is not there": ("ruff.toml", 'extend = "gone.toml"', "gone.toml"),
    "a base that is itself": ("ruff.toml", 'extend = "ruff.toml"', "Circular"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_configuration_is_named_and_nothing_is_clean(case: str, tmp_path: Path) -> None:
    name, content, part = WRONG[case]
    asker = Asker(
        ANALYZER, tree(tmp_path, {"app.py": SOURCE, "fine/app.py": SOURCE, name: content})
    )
    report = asker.both("app.py")
    assert report.state is State.FAILED
    assert part.lower() in report.why.lower()
    assert "gone.toml" in report.why or "version" in part or str(tmp_path) in report.why
    assert report.findings == ()
    (tmp_path / name).write_text("")
    assert watched(asker) == SEEN


def test_a_wrong_configuration_is_no_matter_of_another_folder(tmp_path: Path) -> None:
    files = {"app.py": SOURCE, "in/app.py": SOURCE, "in/ruff.toml": "lint.select = 7"}
    asker = Asker(ANALYZER, tree(tmp_path, files))
    assert watched(asker) == SEEN
    assert asker.both("in/app.py").state is State.FAILED
    assert watched(asker) == SEEN


ENDLESS = {
    "extended": ("ruff.toml", 'extend = "deep/pipe"', "deep/pipe"),
    "extended by a project": ("pyproject.toml", '[tool.ruff]\nextend = "deep/pipe"', "deep/pipe"),
    "extended by what is extended": ("ruff.toml", 'extend = "base.toml"', "deep/pipe"),
    "where a required Python is looked for": ("pyproject.toml", None, "pyproject.toml"),
}


@pytest.mark.parametrize("case", ENDLESS)
def test_a_configuration_without_end_is_named_and_not_read(case: str, tmp_path: Path) -> None:
    name, content, special = ENDLESS[case]
    files = {"app.py": SOURCE, "in/app.py": SOURCE, "base.toml": 'extend = "deep/pipe"'}
    asker = Asker(ANALYZER, tree(tmp_path, {**files, "deep/ruff.toml": ""}))
    os.mkfifo(tmp_path / special)
    if content:
        (tmp_path / name).write_text(content)
    for place in ("app.py", "in/app.py"):
        report = asker.both(place)
        assert report.state is State.FAILED
        assert (
            f"{tmp_path / special}, from which it is configured, is no regular file" in report.why
        )
    (tmp_path / special).unlink()
    (tmp_path / special).write_text("")
    assert watched(asker) == SEEN


@pytest.mark.parametrize("endless", ["pipe", "/dev/zero"])
def test_one_in_a_folder_spoils_only_what_lies_there(endless: str, tmp_path: Path) -> None:
    """A server reads all configurations at once, and may never be done."""
    files = {"app.py": SOURCE, "in/app.py": SOURCE, "in/ruff.toml": 'lint.select = ["E7"]'}
    trap = {"deep/ruff.toml": f'extend = "{endless}"', "deep/app.py": SOURCE}
    asker = Asker(ANALYZER, tree(tmp_path, files | trap))
    os.mkfifo(tmp_path / "deep/pipe")
    for _ in range(2):
        assert watched(asker) == SEEN
        assert watched(asker, "in/app.py") == {"E703", "S101", "C901"}
        assert asker.both("deep/app.py").state is State.FAILED


def test_nothing_below_a_file_in_no_project_is_read(tmp_path: Path) -> None:
    files = {"app.py": SOURCE, "fine.py": "x = 1\n", "out.py": SOURCE, "in/ruff.toml": ""}
    options = 'lint.select = ["E7"]\nextend-exclude = ["out.py"]'
    asker = Asker(ANALYZER, tree(tmp_path, {**files, "ruff.toml": options}))
    seen = []
    for name in ("app.py", "fine.py", "out.py"):
        configuration = asker.configuration(name).loosened()
        item = (str(tmp_path / name), (tmp_path / name).read_bytes(), configuration.hints)
        ((_, stored),) = ruff_child.check(configuration.context, (item,))
        seen.append(codec.loads(stored))
        assert configuration.key == asker.configuration(name).key
    assert not ruff_child._servers
    reports = [asker.both(name) for name in ("app.py", "fine.py", "out.py")]
    assert [(each.state, len(each.findings)) for each in seen] == [
        (each.state, len(each.findings)) for each in reports
    ]
    assert [each.state for each in seen] == [State.FINDINGS, State.CLEAN, State.NOT_ANALYSED]


def test_the_key_names_what_decides(tmp_path: Path) -> None:
    files = {"app.py": "", "ruff.toml": 'extend = "base.toml"', "base.toml": "", "other.toml": ""}
    asker = Asker(ANALYZER, tree(tmp_path, files))

    def key(settings: Settings = DEFAULTS) -> str:
        return asker.configuration("app.py", settings).key

    first = key()
    (tmp_path / "other.toml").write_text("# changed\n")
    (tmp_path / "app.py").write_text("# changed\n")
    assert key() == first
    (tmp_path / "base.toml").write_text("# changed\n")
    second = key()
    (tmp_path / "ruff.toml").write_text('extend = "base.toml" # changed\n')
    third = key()
    changed = key(Settings.of({"complexity.max": 11}))
    (tmp_path / "ruff.toml").unlink()
    assert len({first, second, third, changed, key()}) == 5


OLD, NEW = (f'[project]\nname = "shop"\nrequires-python = ">=3.{n}"\n' for n in (9, 12))
ALIAS = "type Name = int\n"


@pytest.mark.parametrize(
    ("place", "files"),
    [
        ("in/pyproject.toml", {}),
        ("pyproject.toml", {}),
        ("in/pyproject.toml", {"in/ruff.toml": ""}),
        ("pyproject.toml", {"in/ruff.toml": ""}),
        ("pyproject.toml", {"in/pyproject.toml": "[project]\nname = 'shop'"}),
        ("pyproject.toml", {"in/pyproject.toml": "[tool.ruff]"}),
    ],
)
def test_the_python_that_a_project_requires(
    place: str, files: dict[str, str], tmp_path: Path
) -> None:
    """It decides, wherever Ruff looks for it, and a warm server follows it."""
    tree(tmp_path, {**files, place: NEW, "in/app.py": ALIAS})
    asker = Asker(ANALYZER, tmp_path / "in")
    keys = [asker.configuration("app.py").key]
    assert asker.rules("app.py") == set()
    (tmp_path / place).write_text(OLD)
    keys.append(asker.configuration("app.py").key)
    assert asker.rules("app.py") == {"invalid-syntax"}
    (tmp_path / place).unlink()
    keys.append(asker.configuration("app.py").key)
    assert asker.rules("app.py") == set()
    assert len(set(keys)) == 3
    assert len(ruff_child._servers) == 1


def test_below_its_configuration_a_required_python_counts_for_nothing(tmp_path: Path) -> None:
    tree(tmp_path, {"in/pyproject.toml": OLD, "in/app.py": ALIAS})
    asker = Asker(ANALYZER, tmp_path)
    first = asker.configuration("in/app.py")
    assert asker.rules("in/app.py") == set()
    (tmp_path / "in/pyproject.toml").write_text(NEW)
    assert asker.configuration("in/app.py") == first


@pytest.mark.parametrize("name", [".ruff.toml", "ruff.toml", "pyproject.toml"])
def test_the_users_own_configuration(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds where the project has none, and a warm server follows it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    own = tmp_path / "home/ruff" / name
    own.parent.mkdir(parents=True)
    start = "[tool.ruff.lint]\n" if name == "pyproject.toml" else "[lint]\n"
    asker = Asker(ANALYZER, tree(tmp_path / "root", {"app.py": SOURCE}))
    keys = [asker.configuration("app.py").key]
    assert watched(asker) == SEEN
    for selected, expected in (("E7", {"E703", "S101", "C901"}), ("F", SEEN)):
        own.write_text(f'{start}select = ["{selected}"]\n')
        keys.append(asker.configuration("app.py").key)
        assert watched(asker) == expected
    own.write_text(f'{start}ignore = ["S101"]\n')
    assert watched(asker) == {"F401", "C901"}
    tree(tmp_path / "root", {"ruff.toml": ""})
    assert watched(asker) == SEEN
    assert len(set(keys)) == 3
    assert len(ruff_child._servers) <= 2  # what is added differs, and with it the context


def test_a_program_of_the_workspace_needs_its_trust(tmp_path: Path) -> None:
    asker = Asker(ANALYZER, tmp_path)
    for path, needed in ((f"{tmp_path}/bin/ruff", True), ("/usr/bin/ruff", False), ("", False)):
        settings = Settings.of({"ruff.path": path})
        assert asker.configuration("app.py", settings).needs_trust is needed


class Tables:
    """A disk whose every configuration file holds ``table``."""

    def __init__(self, table: dict[str, Any]) -> None:
        self._table = table

    def read(self, path: Path) -> bytes | None:
        return b""

    def is_special(self, path: Path) -> bool:
        return False

    def toml(self, path: Path) -> dict[str, Any] | None:
        return self._table


KEYS = st.sampled_from(
    ["tool", "ruff", "lint", "select", "ignore", "extend-select", "extend", "mccabe", "bandit"]
)


TABLES = st.recursive(
    LEAVES | st.lists(LEAVES, max_size=2),
    lambda inner: st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, TABLES, max_size=4))
def test_no_table_is_too_odd(table: dict[str, Any]) -> None:
    folder = Path("/srv/shop")
    configuration = ANALYZER.configure(folder, folder, Settings(), Tables(table))
    hash(configuration.context)
