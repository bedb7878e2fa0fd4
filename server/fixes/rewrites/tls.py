"""TLS and SSH: versions, certificates, host keys."""

from __future__ import annotations

import ast

from ...model import Fix, Range
from .calls import find_call, find_part, keyword
from .draft import Draft
from .source import Source, UnsureError

_OLD_PROTOCOLS = ("PROTOCOL_SSLv2", "PROTOCOL_SSLv3", "PROTOCOL_TLSv1", "PROTOCOL_TLSv1_1")
_OLD_METHODS = ("SSLv2_METHOD", "SSLv23_METHOD", "SSLv3_METHOD", "TLSv1_METHOD", "TLSv1_1_METHOD")
_TRUSTING = tuple(
    f"{module}.{name}"
    for module in ("paramiko", "paramiko.client")
    for name in ("AutoAddPolicy", "WarningPolicy")
)
_TITLE = "Use the highest TLS version that both sides know"


def negotiate_version(source: Source, place: Range) -> Fix:
    def old_version(call: ast.Call) -> ast.expr | None:
        given = keyword(call, "ssl_version") or keyword(call, "method")
        return given.value if given and _negotiated(source, given.value) else None

    version = find_part(source, place, old_version)[1]
    draft = Draft(source)
    draft.rename(version, _negotiated(source, version))
    return draft.fix(_TITLE)


def negotiate_by_default(source: Source, place: Range) -> Fix:
    def old_versions(function: ast.FunctionDef) -> list[ast.expr]:
        return [default for default in function.args.defaults if _negotiated(source, default)]

    function = source.find(place, ast.FunctionDef, lambda function: bool(old_versions(function)))
    draft = Draft(source)
    for version in old_versions(function):
        draft.rename(version, _negotiated(source, version))
    return draft.fix(_TITLE)


def name_version(source: Source, place: Range) -> Fix:
    call = find_call(source, place, "ssl.wrap_socket")
    draft = Draft(source)
    draft.set_argument(call, "ssl_version", f"{draft.imports.module('ssl')}.PROTOCOL_TLS")
    return draft.fix(_TITLE)


def _negotiated(source: Source, version: ast.expr) -> str:
    """The dotted name that takes the place of an old version; empty for any other expression."""
    module, _, name = source.names.resolve(version).rpartition(".")
    if module == "ssl" and name in _OLD_PROTOCOLS:
        return "ssl.PROTOCOL_TLS"
    if module in ("OpenSSL.SSL", "pyOpenSSL.SSL") and name in _OLD_METHODS:
        return f"{module}.TLS_METHOD"
    return ""


def verify_context(source: Source, place: Range) -> Fix:
    call = find_call(source, place, "ssl._create_unverified_context")
    if call.args or call.keywords:
        raise UnsureError
    draft = Draft(source)
    draft.rename(call.func, "ssl.create_default_context")
    return draft.fix("Verify certificates (ssl.create_default_context)")


def reject_unknown_hosts(source: Source, place: Range) -> Fix:
    def trusting_policy(call: ast.Call) -> ast.expr | None:
        match call:
            case ast.Call(func=ast.Attribute(attr="set_missing_host_key_policy"), args=[given, *_]):
                policy = given.func if isinstance(given, ast.Call) else given
                return policy if source.names.resolve(policy) in _TRUSTING else None
        return None

    policy = find_part(source, place, trusting_policy)[1]
    module = source.names.resolve(policy).rpartition(".")[0]
    draft = Draft(source)
    draft.rename(policy, f"{module}.RejectPolicy")
    return draft.fix("Reject unknown host keys")
