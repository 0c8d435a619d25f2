"""nginx in front of two nodes, as the guide to upgrades has it."""

import os
import pwd
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from tests.support.ports import free_port
from tests.support.programs import require_program

GUIDE = (Path(__file__).parents[2] / "docs" / "upgrades.md").read_text()
NODES = ("10.0.0.21:8000", "10.0.0.22:8000")

_MAIN = """
user {user};
daemon off;
pid {folder}/pid;
error_log {folder}/log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {upstream}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://crm_oauth;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Address:
    """Where requests go.

    Args:
        url: without a trailing slash.
    """

    url: str


@contextmanager
def balancer(folder: Path, ports: Sequence[int]) -> Iterator[Address]:
    """Run nginx with the guide's lines, the ports in the place of its nodes."""
    program = require_program("nginx")
    folder.mkdir()
    [upstream] = re.findall(r"```nginx\n(upstream .*?)```", GUIDE, re.DOTALL)
    for node, port in zip(NODES, ports, strict=True):
        assert upstream.count(node) == 1
        upstream = upstream.replace(node, f"127.0.0.1:{port}")
    port, user = free_port(), pwd.getpwuid(os.geteuid()).pw_name
    configuration = folder / "configuration"
    configuration.write_text(_MAIN.format(folder=folder, user=user, port=port, upstream=upstream))
    process = subprocess.Popen([program, "-p", folder, "-e", folder / "log", "-c", configuration])
    try:
        deadline = time.monotonic() + 30
        while not _answers(port):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)  # nothing tells when a port begins to listen
        yield Address(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
    except OSError:
        return False
    else:
        return True
    finally:
        connection.close()
