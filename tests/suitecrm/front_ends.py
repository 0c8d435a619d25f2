"""The web servers in front of a SuiteCRM site, each with the guide's lines put in."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.accounts import folder_for_all
from tests.support.apache import apache as apache_with
from tests.support.daemon import Daemon
from tests.support.ports import free_port
from tests.support.programs import require_program

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

_APACHE = """
Listen 127.0.0.1:{port}
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
    with folder_for_all() as folder:
        configuration, port = folder / "configuration", free_port()
        configuration.write_text(_NGINX.format(folder=folder, port=port, lines=lines))
        with Daemon([program, "-e", folder / "log", "-c", configuration], port, folder / "log"):
            yield f"http://127.0.0.1:{port}"


@contextmanager
def apache(lines: str) -> Iterator[str]:
    """Run Apache in front of files with rules of their own, with these lines in its server, and lend its address."""
    with folder_for_all() as folder:
        api, port = folder / "www" / "Api", free_port()
        api.mkdir(parents=True)
        (api / "index.php").write_text("SuiteCRM")
        (folder / "www" / ".htaccess").write_text(_HTACCESS)
        text = _APACHE.format(folder=folder, port=port, lines=lines)
        with apache_with(folder, port, text, ("rewrite", "proxy", "proxy_http", "headers")):
            yield f"http://127.0.0.1:{port}"
