"""Spans for OpenTelemetry, where an operator asks for them: one a request, with nothing of what the request holds."""

from typing import TYPE_CHECKING

from flask import Flask, Response, g, request

from crm_oauth.faults import StartupError
from crm_oauth.request_id import current_request_id
from crm_oauth.settings import PREFIX

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

_UNWATCHED = ("/healthz", "/readyz", "/metrics")


def install_tracing(app: Flask, endpoint: str | None) -> None:
    """Have a span made of each request, in the trace that its front end began, if it did.

    OpenTelemetry's own instrumentation of Flask would tell the query string, where people put secrets.

    Args:
        app: the application.
        endpoint: of a collector, for OTLP over HTTP; None makes no spans, and imports nothing.

    Raises:
        StartupError: the packages are not installed.
    """
    if endpoint is None:
        return
    require_packages()
    from opentelemetry import propagate, trace  # noqa: PLC0415  # an extra that others do without

    tracer = _tracer(endpoint)

    def begin() -> None:
        if request.path not in _UNWATCHED:
            route = request.url_rule.rule if request.url_rule else ""
            g.span = tracer.start_span(
                f"{request.method} {route}".strip(),
                propagate.extract(request.headers),
                trace.SpanKind.SERVER,
                {"http.request.method": request.method, "http.route": route},
            )

    def end(response: Response) -> Response:
        if span := g.pop("span", None):
            span.set_attribute("http.response.status_code", response.status_code)
            span.set_attribute("crm_oauth.request_id", current_request_id())
            span.end()
        return response

    app.before_request(begin)
    app.after_request(end)


def require_packages() -> None:
    """Look whether spans can be made and sent.

    Raises:
        StartupError: the packages are not installed.
    """
    try:
        import opentelemetry.exporter.otlp.proto.http  # noqa: PLC0415  # same
        import opentelemetry.sdk.trace  # noqa: F401, PLC0415  # same
    except ImportError:
        raise StartupError([f"{PREFIX}TRACES_ENDPOINT needs packages: pip install 'crm-oauth[otel]'."]) from None


def _tracer(endpoint: str) -> "Tracer":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  # same
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  # same
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415  # same
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415  # same

    provider = TracerProvider(resource=Resource.create({"service.name": "crm-oauth"}))
    exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider.get_tracer("crm-oauth")
