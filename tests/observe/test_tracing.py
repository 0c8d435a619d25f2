"""OpenTelemetry: spans where they are asked for, and not a module of it elsewhere."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.site import Site
from tests.wire.conftest import fill_as_recorded

REQUESTS = """
import json, sys
from app import create_app

client = create_app().test_client()
parent = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
given = {"client_id": "pw-client", "client_secret": "pw-secret", "grant_type": "password", "username": "admin"}
client.post("/Api/access_token?password=canary-query", json=given | {"password": "admin-pw"}, headers=parent)
client.post("/Api/access_token", json=given | {"password": "canary-password"})
client.get("/canary-path?token=canary-query")
client.get("/healthz")
print(json.dumps(sorted(name for name in sys.modules if name.startswith("opentelemetry"))))
"""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """A collector: where it is, and what it was sent."""
    received: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if self.path == "/v1/traces":
                received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    thread.join()
    server.server_close()


def serve_requests(folder: Path, settings: dict[str, str]) -> list[str]:
    """Answer some requests in a process of its own, and return which modules of OpenTelemetry it has loaded."""
    site = Site(folder, "7.10.2", settings=settings)
    site.fill(fill_as_recorded)
    site.command("init").check_returncode()
    ended = subprocess.run(
        [sys.executable, "-c", REQUESTS],
        cwd=folder,
        env=site.environment
        | {"PYTHONPATH": os.fspath(Path(__file__).parents[2]), "OTEL_EXPORTER_OTLP_COMPRESSION": "none"},
        capture_output=True,
        text=True,
        check=True,
    )
    site.database.dispose()
    return list(json.loads(ended.stdout))


def test_spans_tell_nothing_of_the_request(tmp_path: Path, collector: tuple[str, list[bytes]]) -> None:
    """Each request but those about health is a span with route, status and id, in its caller's trace; no secret."""
    endpoint, received = collector
    serve_requests(tmp_path, {"TRACES_ENDPOINT": endpoint})
    assert b"canary" not in b"".join(received)
    spans = [
        span
        for body in received
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert [span.name for span in spans] == ["POST /Api/access_token", "POST /Api/access_token", "GET"]
    told = [{each.key: each.value for each in span.attributes} for span in spans]
    assert [attributes["http.response.status_code"].int_value for attributes in told] == [200, 401, 404]
    assert all(len(attributes["crm_oauth.request_id"].string_value) == 32 for attributes in told)
    assert spans[0].trace_id.hex() == "0af7651916cd43dd8448eb211c80319c"
    assert spans[1].trace_id != spans[0].trace_id


def test_without_the_setting_nothing_is_loaded(tmp_path: Path) -> None:
    """Who does not ask for spans does not load OpenTelemetry."""
    assert serve_requests(tmp_path, {}) == []
