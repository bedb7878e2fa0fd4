"""All open documents, each under the name that the editor opened it by."""

from __future__ import annotations

from collections import UserDict

from ..folder.workspace import Workspace
from .document import OpenDocument


class OpenDocuments(UserDict[str, OpenDocument]):
    """By URI, in the order in which they were opened. A file may be open under several names."""

    def __init__(self) -> None:
        super().__init__()
        self._names: dict[str, list[str]] = {}
        """By path, the URIs, in the same order: whether a file is open is asked very often."""

    def __setitem__(self, uri: str, document: OpenDocument) -> None:
        self.pop(uri, None)
        super().__setitem__(uri, document)
        self._names.setdefault(document.path, []).append(uri)

    def __delitem__(self, uri: str) -> None:
        path = self[uri].path
        super().__delitem__(uri)
        self._names[path].remove(uri)
        if not self._names[path]:
            del self._names[path]

    def shown_for(self, path: str) -> OpenDocument | None:
        """The one that is shown of a file: the one that was opened last."""
        names = self._names.get(path)
        return self[names[-1]] if names else None

    def is_open(self, path: str) -> bool:
        return path in self._names

    def texts_of(self, path: str) -> list[str]:
        """What is open of a file, as it is there."""
        return [self[name].text for name in self.names_of(path)]

    def names_of(self, path: str) -> list[str]:
        return list(self._names.get(path, ()))

    def of(self, workspace: Workspace) -> list[OpenDocument]:
        return [document for document in self.values() if document.workspace is workspace]
