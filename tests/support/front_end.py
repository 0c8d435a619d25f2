"""nginx with the configuration that ships, in front of a server of one's own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.support.accounts import own_account
from tests.support.certificates import issue_certificates
from tests.support.daemon import Daemon
from tests.support.documents import with_ours
from tests.support.ports import free_port
from tests.support.programs import require_program

CONFIG = Path(__file__).parents[2] / "config"
CERTIFICATE = "/etc/letsencrypt/live/crm.example.com/"
MANY_FROM_ONE_ADDRESS = {"rate=20r/s": "rate=9999r/s"}
"""For tests whose clients all have one address and are quicker than people."""

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


def shipped(name: str, replacements: Mapping[str, str]) -> str:
    """Return a shipped file's text with ports and paths of a test.

    Args:
        name: of a file in `config/`.
        replacements: texts, each of which must be there, and what takes their place.
    """
    return with_ours((CONFIG / name).read_text(), replacements)


class Nginx:
    """A front end; only ports and paths of the shipped file are replaced.

    Args:
        folder: an empty folder.
        upstream_port: where crm-oauth listens.
        tls: whether it listens as it ships; plain http is quicker to look into.
        more: further texts of the shipped file, and what takes their place.
    """

    def __init__(
        self, folder: Path, upstream_port: int, *, tls: bool = False, more: Mapping[str, str] | None = None
    ) -> None:
        self._program = require_program("nginx")
        self._scheme = "https" if tls else "http"
        self.folder = folder
        self.port = free_port()
        self.plain_port = free_port()
        self.pages = folder / "www"
        (self.pages / "protected").mkdir(parents=True)
        (folder / "locations").mkdir()
        self.authority, _foreign = issue_certificates(folder)
        text = shipped(
            "nginx.conf",
            {
                "server 127.0.0.1:8000;": f"server 127.0.0.1:{upstream_port};",
                "    listen [::]:80;\n": "",
                "    listen [::]:443 ssl http2;\n": "",
                "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
                "listen 443 ssl http2;": f"listen 127.0.0.1:{self.port}{' ssl http2' if tls else ''};",
                f"{CERTIFICATE}fullchain.pem": f"{folder}/server.pem",
                f"{CERTIFICATE}privkey.pem": f"{folder}/server.key",
                "/run/crm-oauth-verdicts": f"{folder}/verdicts",
                "root /var/www;": f"root {self.pages};",
                "root /var/www/html;": f"root {self.pages};",
                "/etc/nginx/crm-oauth.d/": f"{folder}/locations/",
                **(more or {}),
            },
        )
        (folder / "crm-oauth.conf").write_text(text)
        (folder / "nginx.conf").write_text(_MAIN.format(folder=folder, user=own_account()))
        log = folder / "error.log"
        command: list[str | Path] = [self._program, "-p", folder, "-e", log, "-c", folder / "nginx.conf"]
        self._daemon = Daemon(command, self.port, log)

    @property
    def url(self) -> str:
        """Return the front end's address, without a trailing slash."""
        return f"{self._scheme}://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """Return what nginx complained about."""
        return self._daemon.log

    def __enter__(self) -> Self:
        self._daemon.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._daemon.stop()
