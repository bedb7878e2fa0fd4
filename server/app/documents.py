"""All open documents, each under the name that the editor opened it by."""

from __future__ import annotations

from .document import OpenDocument
from .workspace import Workspace


class OpenDocuments(dict[str, OpenDocument]):
    """By URI, in the order in which they were opened. A file may be open under several names."""

    def shown_for(self, path: str) -> OpenDocument | None:
        """The one that is shown of a file: the one that was opened last."""
        documents = reversed(self.values())
        return next((each for each in documents if each.path == path), None)

    def is_open(self, path: str) -> bool:
        return self.shown_for(path) is not None

    def names_of(self, path: str) -> list[str]:
        return [uri for uri, document in self.items() if document.path == path]

    def of(self, workspace: Workspace) -> list[OpenDocument]:
        return [document for document in self.values() if document.workspace is workspace]
