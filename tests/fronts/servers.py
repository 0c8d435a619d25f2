"""Each front end with the configuration that ships, in front of an installation: only ports and paths are replaced."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fronts.installation import hand_over, make_installation
from tests.support.accounts import folder_for_all, service_account
from tests.support.apache import apache, modules_of
from tests.support.certificates import issue_certificates
from tests.support.daemon import Daemon
from tests.support.front_end import CERTIFICATE, Nginx, shipped
from tests.support.ports import free_port
from tests.support.programs import require_file, require_program
from tests.support.site import Site
from tests.support.system_python import make_environment


@dataclass(frozen=True)
class Front:
    """A front end that runs.

    Args:
        url: its address, without a trailing slash.
        plain_url: the one without TLS.
        pages: the folder in which Let's Encrypt's questions are answered.
        authority: who vouches for its certificate.
        site: the installation behind it.
        log: returns what was complained about.
        stop: ends what serves the installation, and only that.
    """

    url: str
    plain_url: str
    pages: Path
    authority: Path
    site: Site
    log: Callable[[], str]
    stop: Callable[[], object]


Start = Callable[[Mapping[str, str]], AbstractContextManager[Front]]
"""Starts a front end with more replacements in its file."""


@contextmanager
def nginx(more: Mapping[str, str]) -> Iterator[Front]:
    """Run nginx in front of gunicorn."""
    with (
        _served_by_gunicorn() as site,
        folder_for_all() as folder,
        Nginx(folder, site.port, tls=True, more=more) as front,
    ):
        yield _behind_nginx(front, site, lambda: front.log + site.log, site.stop)


@contextmanager
def apache_proxy(more: Mapping[str, str]) -> Iterator[Front]:
    """Run Apache in front of gunicorn."""
    with _served_by_gunicorn() as site:
        yield from _apache("apache-proxy.conf", site, {"127.0.0.1:8000": f"127.0.0.1:{site.port}", **more})


@contextmanager
def apache_wsgi(more: Mapping[str, str]) -> Iterator[Front]:
    """Run Apache with the application inside."""
    with folder_for_all() as folder, folder_for_all() as programs:
        environment, ours = make_environment(programs)
        site = make_installation(folder)
        hand_over(site)
        account, group = service_account()
        replacements = {
            "/opt/crm-oauth/.venv": str(environment),
            "/opt/crm-oauth/wsgi.py": f"{ours}/config/wsgi.py",
            "<Directory /opt/crm-oauth>": f"<Directory {ours}/config>",
            "home=/opt/crm-oauth": f"home={folder}",
            "user=crm-oauth group=crm-oauth": f"user={account} group={group}",
        }
        yield from _apache("apache-wsgi.conf", site, {**replacements, **more})


@contextmanager
def uwsgi(more: Mapping[str, str]) -> Iterator[Front]:
    """Run nginx in front of uWSGI."""
    program = require_program("uwsgi-core")
    require_file(Path("/usr/lib/uwsgi/plugins/python311_plugin.so"), package="uwsgi-plugin-python3")
    with ExitStack() as stack:
        folder, programs, front_folder = (stack.enter_context(folder_for_all()) for _ in range(3))
        environment, ours = make_environment(programs)
        site = make_installation(folder, TRUSTED_PROXIES="127.0.0.1")
        hand_over(site)
        account, group = service_account()
        replacements = {
            "/opt/crm-oauth/.venv": str(environment),
            "/opt/crm-oauth/wsgi.py": f"{ours}/config/wsgi.py",
            "chdir = /opt/crm-oauth": f"chdir = {folder}",
            "uid = crm-oauth": f"uid = {account}",
            "gid = crm-oauth": f"gid = {group}",
            "127.0.0.1:8000": f"127.0.0.1:{site.port}",
        }
        file = programs / "uwsgi.ini"
        file.write_text(shipped("uwsgi.ini", {**replacements, **more}))
        server = stack.enter_context(Daemon([program, "--ini", file], site.port, programs / "log"))
        front = stack.enter_context(Nginx(front_folder, site.port, tls=True))
        yield _behind_nginx(front, site, lambda: front.log + server.log, server.stop)


def _behind_nginx(front: Nginx, site: Site, log: Callable[[], str], stop: Callable[[], object]) -> Front:
    plain_url = f"http://127.0.0.1:{front.plain_port}"
    return Front(front.url, plain_url, front.pages, front.authority, site, log, stop)


@contextmanager
def _served_by_gunicorn() -> Iterator[Site]:
    with folder_for_all() as folder, make_installation(folder, TRUSTED_PROXIES="127.0.0.1", WORKERS="2") as site:
        yield site


def _apache(name: str, site: Site, more: Mapping[str, str]) -> Iterator[Front]:
    with folder_for_all() as folder:
        authority, _foreign = issue_certificates(folder)
        port, plain = free_port(), free_port()
        lines = shipped(
            name,
            {
                "<VirtualHost *:80>": f"Listen 127.0.0.1:{plain}\n<VirtualHost 127.0.0.1:{plain}>",
                "<VirtualHost *:443>": f"Listen 127.0.0.1:{port}\n<VirtualHost 127.0.0.1:{port}>",
                f"{CERTIFICATE}fullchain.pem": f"{folder}/server.pem",
                f"{CERTIFICATE}privkey.pem": f"{folder}/server.key",
                "DocumentRoot /var/www/html": f"DocumentRoot {folder}",
                **more,
            },
        )
        with apache(folder, port, lines, modules_of(name)) as daemon:
            yield Front(
                f"https://127.0.0.1:{port}",
                f"http://127.0.0.1:{plain}",
                folder,
                authority,
                site,
                lambda: daemon.log + (site.log if site.pid else ""),
                site.stop,
            )


FRONTS: dict[str, Start] = {"nginx": nginx, "apache-proxy": apache_proxy, "apache-wsgi": apache_wsgi, "uwsgi": uwsgi}
