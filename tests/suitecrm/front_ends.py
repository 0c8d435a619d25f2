"""The web servers in front of a SuiteCRM site, each with the guide's lines put in."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.support.programs import require_program
from tests.support.site import free_port

# As SuiteCRM's rules do, all of its API is answered by one script; here it is a text.
_HTACCESS = """
RewriteEngine On
RewriteRule ^Api/access_token$ Api/index.php [L]
RewriteRule ^Api/V8/(.*)$ Api/index.php [L]
"""

_NGINX = """
daemon off;
pid {folder}/pid;
error_log {folder}/log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/client_body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 404 SuiteCRM; }}
        {lines}
    }}
}}
"""

_APACHE_MODULES = ("mpm_event", "authz_core", "dir", "mime", "rewrite", "proxy", "proxy_http", "headers")
_APACHE = """
ServerName localhost
ServerRoot {folder}
PidFile {folder}/pid
ErrorLog {folder}/log
DefaultRuntimeDir {folder}
Mutex file:{folder}
Listen 127.0.0.1:{port}
TypesConfig /dev/null
{user}
{modules}
DocumentRoot {folder}/www
<Directory {folder}/www>
    AllowOverride All
    Require all granted
</Directory>
{lines}
"""


@contextmanager
def nginx(lines: str) -> Iterator[str]:
    """Run nginx, with these lines in its server, and lend its address."""
    program = require_program("nginx")
    with _folder() as folder:
        configuration, port = folder / "configuration", free_port()
        configuration.write_text(_NGINX.format(folder=folder, port=port, lines=lines))
        with _running([program, "-e", folder / "log", "-c", configuration], port, folder / "log"):
            yield f"http://127.0.0.1:{port}"


@contextmanager
def apache(lines: str) -> Iterator[str]:
    """Run Apache in front of files with rules of their own, with these lines in its server, and lend its address."""
    program = require_program("apache2")
    with _folder() as folder:
        api = folder / "www" / "Api"
        api.mkdir(parents=True)
        (api / "index.php").write_text("SuiteCRM")
        (folder / "www" / ".htaccess").write_text(_HTACCESS)
        modules = "\n".join(
            f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in _APACHE_MODULES
        )
        user = "User nobody\nGroup nogroup" if os.geteuid() == 0 else ""
        configuration, port = folder / "configuration", free_port()
        configuration.write_text(_APACHE.format(folder=folder, port=port, user=user, modules=modules, lines=lines))
        with _running([program, "-D", "FOREGROUND", "-f", configuration], port, folder / "log"):
            yield f"http://127.0.0.1:{port}"


@contextmanager
def _folder() -> Iterator[Path]:
    # Not pytest's tmp_path, which the account of the workers may not enter.
    folder = Path(tempfile.mkdtemp(prefix="crm-oauth-"))
    folder.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(folder, pwd.getpwnam("nobody").pw_name)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def _running(command: Sequence[str | Path], port: int, log: Path) -> Iterator[None]:
    process = subprocess.Popen(command)
    try:
        _wait_until_listening(process, port, log)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_until_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(f"http://127.0.0.1:{port}/", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.05)  # nothing tells when a port begins to listen
        else:
            return
    raise AssertionError(log.read_text() if log.exists() else "the web server did not start")
