"""What a file imports, and which tests a change affects: never fewer than there are."""

from __future__ import annotations

import ast
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.discover import discover
from understudy.tasks.testing.affected import Affected, Graph, affected
from understudy.tasks.testing.imports import ImportCache, Imports, imports_of
from understudy.tasks.testing.results import Selection

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import a", ["a"]),
        ("import a.b as c, d", ["a.b", "d"]),
        ("from a import b, c as d", ["a", "a.b", "a.c"]),
        ("from a import *", ["a"]),
        ("from . import b", [".", ".b"]),
        ("from ..a.b import c", ["..a.b", "..a.b.c"]),
        ("from a import (  # with (that)\n    b,  # one\n    c)\n", ["a", "a.b", "a.c"]),
        ("from a import \\\n  b, \\\n  c\n", ["a", "a.b", "a.c"]),
        ("from a \\\n import b\r\nimport c\rimport d", ["a", "a.b", "c", "d"]),
        ("def f():\n    if x: import a; import b\n\timport c", ["a", "b", "c"]),
        ("try: import a\nexcept E: import b", ["a", "b"]),
        ("import a  # import b", ["a"]),
        ("important = from_a", []),
        ('"""\nimport of goods\nfrom here to there\n"""\nimport a\n', ["a"]),
        ("# coding: latin-1\nimport a\nx = 'é'".encode("latin-1"), ["a"]),
        ("import é", ["é"]),
        ("", []),
    ],
)
def test_imports_are_found(text: str | bytes, names: list[str]) -> None:
    found = imports_of(text if isinstance(text, bytes) else text.encode())
    assert found == Imports(tuple(names))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mock.patch('a.b.c')", Imports(mentions=("a.b.c",))),
        ('pytest_plugins = ["fix", "a.b"]\n', Imports(mentions=("a.b", "fix"))),
        ("import_module(f'a.{b}')", Imports(computed=True)),
        ("importlib.import_module('a.b')", Imports(mentions=("a.b",))),
        ("__import__(name)", Imports(computed=True)),
        ("import (a\n", Imports(known=False)),
    ],
)
def test_what_else_a_file_says_is_found(text: str, expected: Imports) -> None:
    assert imports_of(text.encode()) == expected


def whole(text: str) -> set[str]:
    """What ``ast`` finds in all of the text."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            joint = "" if module.endswith(".") else "."
            found |= {module, *(f"{module}{joint}{a.name}" for a in node.names if a.name != "*")}
    return found


def test_nothing_is_missed_in_real_code() -> None:
    files = [Path(f.path) for f in discover(ROOT, ROOT, (".py",), ())]
    files += sorted(Path(ast.__file__).parent.glob("*.py"))
    assert len(files) > 300
    for file in files:
        content = file.read_bytes()
        missed = whole(content.decode("utf-8")) - set(imports_of(content).names)
        assert not missed, (file, missed)


_NAME = st.sampled_from(["a", "b.c", "importer", "from_x"])
_STATEMENT = st.one_of(
    st.builds("import {}".format, _NAME),
    st.builds("from {} import {}".format, _NAME, st.sampled_from(["x", "(x, # (\n y)", "*", "x \\\n , y"])),
    st.builds("from {}{} import x".format, st.sampled_from([".", ".."]), st.sampled_from(["", "m"])),
    st.sampled_from(["x = 'import q'", "'''\nimport a lot\n'''", "x = 1", "y = {1: 2}"]),
)  # fmt: skip
_JOINT = st.sampled_from(["\n", "; ", "\n\n", "  # from a comment\n"])


@given(st.lists(st.tuples(_STATEMENT, _JOINT), max_size=8))
def test_nothing_is_missed_in_any_code(parts: list[tuple[str, str]]) -> None:
    text = "".join(statement + joint for statement, joint in parts)
    try:
        expected = whole(text)
    except SyntaxError:
        return
    assert expected <= set(imports_of(text.encode()).names)


FILES = {
    "src/shop/__init__.py": "from .price import total",
    "src/shop/price.py": "from . import tax",
    "src/shop/tax.py": "",
    "src/shop/unused.py": "",
    "src/shop/web.py": "import shop.price",
    "space/deep/mod.py": "",  # a namespace package
    "tests/conftest.py": "import helpers",
    "tests/helpers.py": "",
    "tests/test_price.py": "from shop.price import total",
    "tests/test_other.py": "import os",
    "tests/sub/__init__.py": "",
    "tests/sub/conftest.py": "from space.deep import mod",
    "tests/sub/test_sub.py": "from .util import x",
    "tests/sub/util.py": "",
    "tests/test_patched.py": "patch('shop.web.open')",
    "tests/test_loader.py": "import loader",
    "loader.py": "import_module(name)",
    "bad.py": "import (",
}
TESTS = [path for path in FILES if "/test_" in path]
ALL = tuple(TESTS)


def graph_of(files: dict[str, str], changed: tuple[str, ...] = ()) -> Graph:
    return Graph({path: imports_of(text.encode()) for path, text in files.items()}, changed)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (["src/shop/tax.py"], ["tests/test_price.py", "tests/test_patched.py"]),
        (["src/shop/__init__.py"], ["tests/test_price.py", "tests/test_patched.py"]),
        (["src/shop/web.py"], ["tests/test_patched.py"]),
        (["tests/test_other.py"], ["tests/test_other.py"]),
        (["tests/helpers.py"], list(TESTS)),
        (["tests/conftest.py"], list(TESTS)),
        (["tests/sub/conftest.py"], ["tests/sub/test_sub.py"]),
        (["tests/sub/util.py"], ["tests/sub/test_sub.py"]),
        (["tests/sub/__init__.py"], ["tests/sub/test_sub.py"]),
        (["space/deep/mod.py"], ["tests/sub/test_sub.py"]),
        (["loader.py"], ["tests/test_loader.py"]),
        ([], []),
    ],
)
def test_affected(changed: list[str], expected: list[str]) -> None:
    answer = affected(changed, graph_of(FILES), TESTS)
    assert sorted(answer.tests) == sorted(expected)
    assert not answer.why
    assert answer.selection == (Selection(files=answer.tests) if expected else None)
    if "tests/test_loader.py" not in expected:
        assert answer.unsure == ("bad.py", "loader.py")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (["README.md"], "README.md is no Python source"),
        (["src/shop/tax.py", "data.json"], "data.json is no Python source"),
        (["src/shop/unused.py"], "nothing imports src/shop/unused.py"),
        (["bad.py"], "bad.py cannot be read as Python"),
        (["gone.py"], "nothing imports gone.py"),
    ],
)
def test_who_is_not_sure_affects_all(changed: list[str], why: str) -> None:
    answer = affected(changed, graph_of(FILES, tuple(changed)), TESTS)
    assert answer.tests == ALL
    assert answer.why.startswith(why)
    assert answer.selection == Selection()


def test_a_deleted_file_affects_who_imports_it() -> None:
    left = {path: text for path, text in FILES.items() if path != "src/shop/tax.py"}
    answer = affected(["src/shop/tax.py"], graph_of(left, ("src/shop/tax.py",)), TESTS)
    assert answer.tests == ("tests/test_price.py", "tests/test_patched.py")


def test_a_package_whose_folder_has_another_name() -> None:
    files = {
        "server/__init__.py": "",
        "server/text.py": "",
        "tests/test_x.py": "from us import text",
    }
    imports = {path: imports_of(text.encode()) for path, text in files.items()}
    graph = Graph(imports, folders={"us": "server"})
    assert affected(["server/text.py"], graph, ["tests/test_x.py"]) == Affected(
        ("tests/test_x.py",)
    )
    blind = affected(["server/text.py"], Graph(imports), ["tests/test_x.py"])
    assert "nothing imports" in blind.why


_PATHS = st.sampled_from([*FILES])
_TEXTS = st.sampled_from(
    ["", "import helpers", "from shop import web", "from .util import x", "x = ("]
)


@given(st.lists(st.dictionaries(_PATHS, _TEXTS, max_size=6), min_size=1, max_size=3), _PATHS)
def test_a_graph_made_from_the_one_before_is_the_same(
    versions: list[dict[str, str]], changed: str
) -> None:
    cache: dict[str, Imports] = {}
    graph = None
    for version in versions:
        texts = FILES | version
        imports = {p: cache.setdefault(t, imports_of(t.encode())) for p, t in texts.items()}
        graph = Graph(imports, previous=graph)
        assert graph.targets == Graph(imports).targets
        assert affected([changed], graph, TESTS) == affected([changed], Graph(imports), TESTS)


def test_files_are_read_again_only_when_they_have_changed(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("import b")
    cache = ImportCache()

    def read(*changed: str, later: int = 0) -> Imports:
        found = [each[:5] for each in discover(tmp_path, tmp_path, (".py",), ())]
        return cache.read(str(tmp_path), found, changed, time.time_ns() + later)["a.py"]

    old = 10_000_000_000
    first = read(later=old)
    assert first.names == ("b",)
    assert read(later=old) is first
    stamp = file.stat()
    file.write_text("import c")
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert read(later=old) is first, "nothing tells of the change"
    assert read("a.py", later=old).names == ("c",)
    file.write_text("import d")
    assert read().names == ("d",)
    file.write_text("import e")
    os.utime(file, ns=(file.stat().st_atime_ns,) * 2)
    assert read().names == ("e",), "what is young is not believed to be as it was"
    file.unlink()
    assert cache.read(str(tmp_path), [(str(file), 1, 1, 1, 1)], (), 0)["a.py"] == Imports(
        known=False
    )
