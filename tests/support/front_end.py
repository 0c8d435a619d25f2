"""nginx with the configuration that ships, in front of a server of one's own."""

import os
import pwd
import subprocess
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Self

from tests.support.programs import require_program
from tests.support.site import free_port

SHIPPED = Path(__file__).parents[2] / "config" / "nginx.conf"

# The rest of a Debian's /etc/nginx/nginx.conf, in a folder of its own and in the foreground.
_MAIN = """
user {user};
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 2;
events {{ worker_connections 512; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/crm-oauth.conf;
}}
"""


class Nginx:
    """A front end; only ports and paths of the shipped file are replaced.

    Args:
        folder: an empty folder.
        upstream_port: where crm-oauth listens.
    """

    def __init__(self, folder: Path, upstream_port: int) -> None:
        self._program = require_program("nginx")
        self.folder = folder
        self.port = free_port()
        self.pages = folder / "www"
        (self.pages / "protected").mkdir(parents=True)
        shipped = SHIPPED.read_text()
        for theirs, ours in {
            "server 127.0.0.1:8000;": f"server 127.0.0.1:{upstream_port};",
            "listen 80;": f"listen 127.0.0.1:{self.port};",
            "/run/crm-oauth-verdicts": f"{folder}/verdicts",
            "root /var/www;": f"root {self.pages};",
        }.items():
            assert shipped.count(theirs) == 1, theirs
            shipped = shipped.replace(theirs, ours)
        (folder / "crm-oauth.conf").write_text(shipped)
        user = pwd.getpwuid(os.geteuid()).pw_name
        (folder / "nginx.conf").write_text(_MAIN.format(folder=folder, user=user))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the front end's address, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """Return what nginx complained about."""
        return (self.folder / "error.log").read_text()

    def __enter__(self) -> Self:
        command: list[str | Path] = [
            self._program,
            "-p",
            self.folder,
            "-e",
            self.folder / "error.log",
            "-c",
            self.folder / "nginx.conf",
        ]
        self._process = subprocess.Popen(command)
        deadline = time.monotonic() + 30
        while not self._answers():
            assert self._process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)  # nothing tells when a port begins to listen
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)

    def _answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/")
            connection.getresponse()
        except OSError:
            return False
        else:
            return True
        finally:
            connection.close()
