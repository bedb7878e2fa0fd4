"""Which files are open, under which names: as when all documents were looked through each time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from understudy.app.open.document import OpenDocument
from understudy.app.open.documents import OpenDocuments

NAMES = st.sampled_from("stuvw")
PATHS = st.sampled_from("abc")


def document(path: str) -> OpenDocument:
    return cast(OpenDocument, SimpleNamespace(path=path))


@given(st.lists(st.tuples(NAMES, st.none() | PATHS)))
def test_what_is_open_follows_from_what_happened(steps: list[tuple[str, str | None]]) -> None:
    """A step opens a file under a name, or closes what has it."""
    documents = OpenDocuments()
    known: dict[str, str] = {}
    for name, path in steps:
        known.pop(name, None)
        if path is None:
            documents.pop(name, None)
        else:
            documents[name], known[name] = document(path), path
    assert {name: each.path for name, each in documents.items()} == known
    for path in "abc":
        names = [name for name, its in known.items() if its == path]
        assert documents.names_of(path) == names
        assert documents.is_open(path) == bool(names)
        assert documents.shown_for(path) is (documents[names[-1]] if names else None)


def test_other_documents_are_not_looked_at() -> None:
    class Watched:
        looks = 0

        @property
        def path(self) -> str:
            Watched.looks += 1
            return "a"

    documents = OpenDocuments()
    opened: Any = {str(number): Watched() for number in range(100)}
    documents.update(opened)
    Watched.looks = 0
    assert documents.is_open("a")
    assert not documents.is_open("b")
    assert documents.shown_for("a") is documents["99"]
    assert Watched.looks == 0
