"""What a script may write is filled for a run, and narrowed to what its trial wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.automations.metadata import Flawed, Metadata, read, with_write
from understudy.automations.narrowing import Touched, filled, narrowed, plain
from understudy.automations.pattern import Place, Type
from understudy.sandbox.names import writable

from ..automations.patterns import FILE, pattern, run
from ..automations.scripts import draft

PATH = {"file": Type.PATH}


@pytest.mark.parametrize(
    ("glob", "value", "meant"),
    [
        ("src/*.py", "a", ["src/*.py"]),
        ("**", "a", ["**"]),
        ("{file}", "a.py", ["/a.py"]),
        ("{file}", "./src//a.py", ["/src/a.py"]),
        ("{file}", "a.py\nb/c.py", ["/a.py", "/b/c.py"]),
        ("{file.folder}/{file.stem}.out", "src/a.py", ["/src/a.out"]),
        ("{file.folder}/{file.stem}.out", "a.py", ["/a.out"]),
        ("{file}", "app/[id]/*?.ts", ["/app/[[]id]/[*][?].ts"]),
        ("{file}", "", []),
        ("{{file}}/{{", "a", ["{file}/{"]),
        ("{a,b}", "a", ["{a,b}"]),
    ],
)
def test_places_are_filled(glob: str, value: str, meant: list[str]) -> None:
    assert [*filled([glob], {"file": value}, PATH)] == meant


def test_a_glob_stays_one_and_no_value_becomes_one() -> None:
    values = {"file": "**", "which": "src/*.py"}
    assert filled(["{which}"], values, {"which": Type.GLOB}) == ("/src/*.py",)
    may = writable(filled(["{file}"], values, PATH))
    assert not may("src/a.py")
    assert not may("a")


def touched(file: str, *paths: str, folders: tuple[str, ...] = ()) -> Touched:
    return Touched({"file": file}, paths, frozenset(folders))


NARROWED = {
    "nothing": ([touched("a.py")], (), ["{file}"]),
    "itself": ([touched("src/a.py", "src/a.py")], (), ["{file}"]),
    "in a folder that is given": ([touched("src", "src/b/c.py")], (), ["{file}"]),
    "beside it": (
        [touched("src/cart.c", "src/cart.o")],
        (),
        ["{file.folder}/{file.stem}.o", "{file}"],
    ),
    "elsewhere, after it": (
        [touched("src/cart.py", "out/cart.html"), touched("src/order.py", "out/order.html")],
        (),
        ["out/{file.stem}.html", "{file}"],
    ),
    "the same each time": (
        [touched("src/cart.py", "cart.log"), touched("src/order.py", "cart.log")],
        (),
        ["/cart.log", "{file}"],
    ),
    "a folder that came": (
        [touched("src/cart.py", "build", "build/x", "build/x/y.o", folders=("build", "build/x"))],
        (),
        ["/build", "{file}"],
    ),
    "caches": (
        [touched("a.py", ".ruff_cache/0/a", "src/__pycache__", "src/__pycache__/a.pyc")],
        (),
        ["{file}"],
    ),
    "what a step names": ([touched("a.py", "lib/b.py")], ("lib",), ["/lib", "{file}"]),
    "strange names": ([touched("a.py", "o{u}t/[x]*")], (), ["o{{u}}t/[[]x][*]", "{file}"]),
}


@pytest.mark.parametrize("kind", NARROWED)
def test_narrowed_to_what_was_touched(kind: str) -> None:
    runs, named, meant = NARROWED[kind]
    assert [*narrowed(runs, PATH, named)] == meant


_NAMES = st.sampled_from(["a", "cart", "test_cart", "b[", "{x}", "d*", "cart.py", "order.py"])
_PATHS = st.lists(_NAMES, min_size=1, max_size=3).map("/".join)


@given(st.lists(st.tuples(_PATHS, st.lists(_PATHS, max_size=4)), max_size=3))
def test_what_was_touched_may_be_touched_again(done: list[tuple[str, list[str]]]) -> None:
    runs = [Touched({"file": file}, tuple(paths)) for file, paths in done]
    found = narrowed(runs, PATH, ())
    assert found == narrowed(runs, PATH, ())
    for each in runs:
        may = writable(filled(found, each.values, PATH))
        assert all(map(may, each.paths))
        assert not may("elsewhere/altogether")


@given(_PATHS)
def test_the_glob_of_a_path_is_for_that_alone(path: str) -> None:
    assert writable([f"/{plain(path)}"])(path)
    assert not writable([f"/{plain(path)}"])(f"x{path}")


def test_a_script_with_other_globs_is_as_it_was_made() -> None:
    source = draft(pattern(run("tool", (Place("file"),)), parameters=(FILE,))).source
    assert read(source).permissions.write == ("**",)
    changed = with_write(source, ("{file}", 'o"u\\t'))
    metadata: Metadata = read(changed)
    assert metadata.permissions.write == ("{file}", 'o"u\\t')
    assert not metadata.is_edited(changed)
    assert metadata.id != read(source).id
    assert with_write(changed, ("**",)) == source


@pytest.mark.parametrize("glob", ["{other}", "{file.colour}", "a/{file.stem}/{x}"])
def test_a_place_of_nothing_is_told(glob: str) -> None:
    source = draft(pattern(run("tool", (Place("file"),)), parameters=(FILE,))).source
    with pytest.raises(Flawed, match="permissions: there is no parameter"):
        read(with_write(source, (glob,)))
