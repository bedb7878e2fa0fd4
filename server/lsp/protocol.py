"""pygls' protocol, where it leaves a request unanswered or keeps what is kept elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from lsprotocol import types as lsp
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidRequest,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol, lsp_method

_BEGINNING = (lsp.INITIALIZE, lsp.INITIALIZED)
_ENDING = (lsp.SHUTDOWN, lsp.EXIT)


class Protocol(LanguageServerProtocol):
    """Every request gets one answer, out of turn and with wrong parameters too. Documents are left
    to ``documents.py``: pygls keeps no copy of its own."""

    _over = False
    """Whether the client said good-bye: what is told while everything ends is told to nobody."""

    def _send_data(self, data: Any) -> None:
        if not self._over:
            super()._send_data(data)

    def tell(self, method: str, params: Mapping[str, Any]) -> None:
        """A notification of ours, whose ``params`` are JSON as they are: pygls would look into each
        of their values for what is to be converted."""
        self._send_data({"jsonrpc": self.VERSION, "method": method, "params": params})

    def structure_message(self, data: dict[str, Any]) -> Any:
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "method" in data and "id" in data:
                self._send_response(data["id"], error=error.to_response_error())
            raise

    def handle_message(self, message: Any) -> None:
        method = getattr(message, "method", None)
        self._over |= method == lsp.EXIT
        if method is None or self._in_turn(method):
            super().handle_message(message)
        elif hasattr(message, "id"):
            early = not self._shutdown and method not in _BEGINNING
            refusal = JsonRpcServerNotInitialized if early else JsonRpcInvalidRequest
            self._send_response(message.id, error=refusal().to_response_error())

    def _in_turn(self, method: str) -> bool:
        if self._shutdown:
            return method == lsp.EXIT
        started = hasattr(self._server, "core")
        return not started if method in _BEGINNING else started or method in _ENDING

    @lsp_method(lsp.SHUTDOWN)
    def lsp_shutdown(self, *args: Any) -> Any:
        """pygls' own walks through the requests while those that it cancels leave them."""
        yield self.fm.features[lsp.SHUTDOWN], args, None
        for id_, request in tuple(self._request_futures.items()):
            if id_ != self.msg_id:
                request.cancel()
        self._shutdown = True

    def _handle_cancel_notification(self, msg_id: Any) -> None:
        if isinstance(msg_id, str | int):
            super()._handle_cancel_notification(msg_id)

    def _run_generator(self, future: Any, *, gen: Any, result_future: Any) -> None:
        """A request that is cancelled takes along what runs for it, and that is known no longer
        than it runs: pygls passes neither on."""
        if future is not None and future.cancelled():
            result_future.cancel()
            return
        known = self._request_futures.keys() | ()
        super()._run_generator(future, gen=gen, result_future=result_future)
        for number in self._request_futures.keys() - known:
            running = self._request_futures[number]
            running.add_done_callback(partial(self._forget, number))
            result_future.add_done_callback(partial(_cancel_too, running))

    def _forget(self, number: str | int, _: object) -> None:
        self._request_futures.pop(number, None)

    def _pass_on(self, method: str, params: object) -> Any:
        if (handler := self.fm.features.get(method)) is not None:
            yield handler, (params,), None

    @lsp_method(lsp.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: lsp.DidOpenTextDocumentParams) -> Any:
        yield from self._pass_on(lsp.TEXT_DOCUMENT_DID_OPEN, params)

    @lsp_method(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: lsp.DidChangeTextDocumentParams) -> Any:
        yield from self._pass_on(lsp.TEXT_DOCUMENT_DID_CHANGE, params)

    @lsp_method(lsp.NOTEBOOK_DOCUMENT_DID_OPEN)
    def lsp_notebook_document__did_open(self, params: lsp.DidOpenNotebookDocumentParams) -> Any:
        yield from self._pass_on(lsp.NOTEBOOK_DOCUMENT_DID_OPEN, params)

    @lsp_method(lsp.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def lsp_notebook_document__did_change(self, params: lsp.DidChangeNotebookDocumentParams) -> Any:
        yield from self._pass_on(lsp.NOTEBOOK_DOCUMENT_DID_CHANGE, params)

    @lsp_method(lsp.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def lsp_notebook_document__did_close(self, params: lsp.DidCloseNotebookDocumentParams) -> Any:
        yield from self._pass_on(lsp.NOTEBOOK_DOCUMENT_DID_CLOSE, params)

    @lsp_method(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: lsp.DidCloseTextDocumentParams) -> Any:
        yield from self._pass_on(lsp.TEXT_DOCUMENT_DID_CLOSE, params)


def _cancel_too(running: Any, over: Any) -> None:
    if over.cancelled():
        running.cancel()
