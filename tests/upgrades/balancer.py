"""nginx in front of two nodes, as the guide to upgrades has it."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.accounts import own_account
from tests.support.daemon import Daemon
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
    port, configuration, log = free_port(), folder / "configuration", folder / "log"
    configuration.write_text(_MAIN.format(folder=folder, user=own_account(), port=port, upstream=upstream))
    with Daemon([program, "-p", folder, "-e", log, "-c", configuration], port, log):
        yield Address(f"http://127.0.0.1:{port}")
