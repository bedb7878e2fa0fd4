"""Spans to whom the user sends them, by OpenTelemetry's protocol over HTTP (the extra
``telemetry``). Nothing is sent unless the user named an address."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.metadata import version

from ...insights.profile.chrome import Timed

_SECONDS = 5.0
_NANOSECONDS = 1e9
_FAILED = ("failed", "timed out", "killed", "missing", "refused")


class Unsent(Exception):
    """Why spans could not be sent, for people."""


def send(endpoint: str, spans: Sequence[Timed], salt: int) -> None:
    """For a thread. ``salt``: 64 bits that are this process's alone, which make its numbers unlike
    those of all others. Raises Unsent."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import ReadableSpan
        from opentelemetry.sdk.trace.export import SpanExportResult
        from opentelemetry.trace import SpanContext, TraceFlags
        from opentelemetry.trace.status import Status, StatusCode
    except ImportError as error:
        raise Unsent(f"the extra is missing ({error}): install `understudy[telemetry]`") from error

    sampled = TraceFlags(TraceFlags.SAMPLED)
    about = {"service.name": "understudy", "service.version": version("understudy")}
    resource = Resource({**about, "process.pid": os.getpid()})

    def context(trace: int, number: int) -> SpanContext:
        return SpanContext(
            (salt << 64) | trace, salt ^ number, is_remote=False, trace_flags=sampled
        )

    def exported(span: Timed) -> ReadableSpan:
        attributes: dict[str, str | int | float] = {
            f"understudy.{name}": value for name, value in span.attributes.items()
        }
        if span.file:
            attributes["code.file.path"] = span.file
        if span.cpu:
            attributes["understudy.cpu_seconds"] = span.cpu
        if span.memory:
            attributes["understudy.memory_bytes"] = span.memory
        failed = span.attributes.get("outcome") in _FAILED
        return ReadableSpan(
            span.name,
            context=context(span.trace, span.id),
            parent=context(span.trace, span.parent) if span.parent else None,
            resource=resource,
            attributes=attributes,
            status=Status(StatusCode.ERROR if failed else StatusCode.UNSET),
            start_time=round(span.began * _NANOSECONDS),
            end_time=round((span.began + span.seconds) * _NANOSECONDS),
        )

    exporter = OTLPSpanExporter(endpoint=endpoint, timeout=_SECONDS)
    try:
        result = exporter.export([exported(each) for each in spans])
    except Exception as error:  # what a library of requests may raise is not ours to list
        raise Unsent(str(error)) from error
    finally:
        exporter.shutdown()  # type: ignore[no-untyped-call]
    if result is not SpanExportResult.SUCCESS:
        raise Unsent("nobody took them there; the log tells more")
