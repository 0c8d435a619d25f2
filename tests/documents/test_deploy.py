"""docs/deploy.md: its lines, in their order and in folders of the test, lead to a token over TLS."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Installation
from tests.documents.reading import ROOT, blocks, command_lines
from tests.documents.shell import run
from tests.e2e.scripts import literal
from tests.support.front_end import Nginx
from tests.support.programs import require_php, require_program
from tests.support.site import Site
from tests.unit.compat import php

PAGE = "docs/deploy.md"
LINES = command_lines(PAGE)
# What changes the machine itself, needs a network or asks on a terminal. The wheel's installation is tested with the
# packages, the units with systemd's own checks, the other front ends in tests/fronts.
_NOT_HERE = (
    *("apt-get", "adduser", "systemctl", "a2enmod", "a2ensite", "mariadb", "chown", "install -d -o", "ln -s"),
    *("certbot", "install -m", "update-ca-certificates", "echo '127.0.0.1"),
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Folders that stand for those of the page."""
    root = tmp_path_factory.mktemp("deploy")
    places = ("/opt/crm-oauth", "/etc/systemd/system", "/etc/nginx/conf.d", "/etc/apache2/sites-available")
    for place in (*places, "/etc/letsencrypt"):
        Path(f"{root}{place}").mkdir(parents=True)
    return {place: f"{root}{place}" for place in (*places, "/etc/letsencrypt")}


@pytest.fixture(scope="module")
def site(folders: dict[str, str]) -> Site:
    """The installation of the page, in a file, with the settings of the page and none besides but its port."""
    folder = Path(folders["/opt/crm-oauth"])
    site = Site(folder, "default")
    [settings] = blocks(PAGE, "ini")
    url = re.sub(r"(?m)^(CRM_OAUTH_DATABASE_URL=).*$", rf"\g<1>{site.database_url}", settings)
    assert url != settings
    (folder / ".env").write_text(url)
    for name in [name for name in site.environment if name.startswith("CRM_OAUTH_") and name != "CRM_OAUTH_BIND"]:
        del site.environment[name]
    return site


def _follow(site: Site, folders: dict[str, str], lines: list[str]) -> dict[str, str]:
    """Run those of the page's lines that may be run here; return what each said."""
    told = {}
    for line in lines:
        command = line.removeprefix("runuser -u crm-oauth -- ")
        if (
            command.startswith(_NOT_HERE)
            or "/bin/pip install" in command
            or "nginx -t" in command
            or ".venv" in command
        ):
            continue
        if command.startswith("crm-oauth users add"):
            command = f"echo a-password | {command} --password-stdin"
        for place, ours in folders.items():
            command = command.replace(place, ours)
        if shown := re.fullmatch(r"crm-oauth config show (\S+) > (\S+)", command):
            # In this process, in a tenth of the time.
            Path(shown[2]).write_text(Installation(site.folder).told("config", "show", shown[1]))
        else:
            told[line] = run(site, command)
    return told


@pytest.fixture(scope="module")
def client(site: Site, folders: dict[str, str]) -> dict[str, str]:
    """Follow the page to the client that it adds, and return it."""
    asking = next(number for number, line in enumerate(LINES) if "doctor --url" in line)
    told = _follow(site, folders, LINES[:asking] + LINES[asking + 1 :])
    doctor = next(text for line, text in told.items() if line.endswith("crm-oauth doctor"))
    assert {line.split()[0] for line in doctor.splitlines()} == {"ok"}
    added = next(text for line, text in told.items() if "clients add" in line)
    return dict(re.findall(r"^(\w+)\s+(\S+)", added, re.MULTILINE))


@pytest.fixture(scope="module")
def nginx(site: Site, client: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """The front end of the page."""
    assert client
    folder = tmp_path_factory.mktemp("nginx")
    with site, Nginx(folder, site.port, tls=True) as front:
        yield front


def test_php_gets_a_token(
    client: dict[str, str], nginx: Nginx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's PHP gets a token over TLS with the client that the page adds."""
    require_php("curl")
    (tmp_path / "authority.ini").write_text(f"curl.cainfo={nginx.authority}\n")
    monkeypatch.setenv("PHP_INI_SCAN_DIR", f":{tmp_path}")
    [script] = blocks(PAGE, "php")
    for sample, ours in {
        "https://crm.example.com": nginx.url,
        "CLIENT_ID": client["id"],
        "CLIENT_SECRET": client["secret"],
    }.items():
        assert sample in script
        script = script.replace(sample, ours)
    (tmp_path / "token.php").write_text(script)
    assert php.run(f"require {literal(tmp_path / 'token.php')};")["token_type"] == "Bearer"


def test_doctor_is_well(site: Site, nginx: Nginx) -> None:
    """The page's last check is well, from the address that the page's settings name; here that is another one."""
    settings = Path(site.folder, ".env")
    settings.write_text(settings.read_text().replace("https://crm.example.com", nginx.url))
    site.environment["SSL_CERT_FILE"] = str(nginx.authority)
    site.process.send_signal(1)  # what `systemctl reload` sends
    [line] = [line for line in LINES if "doctor --url" in line]
    command = line.removeprefix("runuser -u crm-oauth -- ").replace("https://crm.example.com", nginx.url)
    told = json.loads(run(site, f"sleep 3; {command} --json"))
    assert {finding["check"]: finding["result"] for finding in told if finding["result"] != "ok"} == {}


def test_what_is_put_in_place_is_what_ships(client: dict[str, str], folders: dict[str, str]) -> None:
    """Every file that the page puts somewhere is there, and the certificate is one that nginx and Apache can read."""
    assert client
    put = re.findall(r"config show (\S+) > (\S+)", "\n".join(LINES))
    assert len(put) > 9
    written = {target: name for name, target in put}
    for target, name in written.items():
        [place] = [place for place in folders if target.startswith(place)]
        assert Path(target.replace(place, folders[place])).read_text() == (ROOT / "config" / name).read_text()
    live = Path(folders["/etc/letsencrypt"], "live", "crm.example.com")
    command: list[str | Path] = [require_program("openssl"), "x509", "-noout", "-checkhost", "crm.example.com", "-in"]
    shown = subprocess.run([*command, live / "fullchain.pem"], capture_output=True, text=True, check=True)
    assert "does match" in shown.stdout


def test_modules_are_those_of_the_files() -> None:
    """The page enables the modules that each Apache file names, and installs packages that the tests install too."""
    enabled = [line.removeprefix("a2enmod ") for line in LINES if line.startswith("a2enmod")]
    for name, modules in zip(("apache-proxy.conf", "apache-wsgi.conf"), enabled, strict=True):
        assert f"a2enmod {modules} && " in (ROOT / "config" / name).read_text()
    installed = {word for line in LINES if line.startswith("apt-get") for word in line.split()[3:]}
    assert installed - {"apache2", "ca-certificates", "certbot"} <= set((ROOT / ".ci" / "run").read_text().split())


def test_the_program_is_installed_as_the_other_page_says() -> None:
    """The two lines that install the wheel are those of the page about installing."""
    assert set(command_lines("docs/upgrades.md")[1:3]) <= set(LINES)
