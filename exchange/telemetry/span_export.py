"""Spans to a receiver of OTLP over HTTP, by OpenTelemetry's SDK. Imported only where tracing is on."""

from __future__ import annotations

from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags

from exchange.telemetry.tracing import Finished

_KINDS: Final = {"internal": SpanKind.INTERNAL, "server": SpanKind.SERVER, "client": SpanKind.CLIENT}
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_PATH: Final = "/v1/traces"


class OtlpExporter:
    """Sends from a thread of its own, in batches; what does not fit into its queue is dropped."""

    def __init__(self, url: str, service: str) -> None:
        endpoint = url if url.rstrip("/").endswith(_PATH) else url.rstrip("/") + _PATH
        self._resource = Resource.create({"service.name": f"xtrader-{service}"})
        self._scope = InstrumentationScope("xtrader")
        self._processor = BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint))

    def add(self, span: Finished) -> None:
        self._processor.on_end(self._readable(span))

    def close(self) -> None:
        self._processor.shutdown()  # type: ignore[no-untyped-call]

    def _readable(self, span: Finished) -> ReadableSpan:
        trace_id = int(span.trace_id, 16)
        context = SpanContext(trace_id, int(span.span_id, 16), is_remote=False, trace_flags=_SAMPLED)
        parent = None
        if span.parent_id:
            parent = SpanContext(trace_id, int(span.parent_id, 16), is_remote=True, trace_flags=_SAMPLED)
        return ReadableSpan(
            span.name,
            context=context,
            parent=parent,
            resource=self._resource,
            attributes=dict(span.attributes),
            kind=_KINDS[span.kind],
            instrumentation_scope=self._scope,
            start_time=span.start_ns,
            end_time=span.end_ns,
        )
