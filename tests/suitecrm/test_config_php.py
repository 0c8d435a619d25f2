"""What is taken from a SuiteCRM folder, and `crm-oauth init --from-suitecrm`."""

import subprocess
from pathlib import Path

import pytest

from crm_oauth.faults import StartupError
from crm_oauth.key_files import take_key
from crm_oauth.suitecrm.site import SuiteCrmSite
from tests.cli.conftest import Installation
from tests.suitecrm.site_files import ENCRYPTION_KEY, make_site
from tests.support.programs import require_program

API_CONFIG = """<?php
class ApiConfig
{
    const OAUTH2_PUBLIC_KEY = 'Api/V8/OAuth2/public.key';
    const OAUTH2_ENCRYPTION_KEY = 'from the source';
}
"""


def _write_api_config(site: Path) -> None:
    (site / "Api/Core/Config").mkdir(parents=True)
    (site / "Api/Core/Config/ApiConfig.php").write_text(API_CONFIG)


def test_a_site_tells_its_keys_and_its_database(tmp_path: Path) -> None:
    """Encryption key, key file and the database's address and account come from the site's own files."""
    site = SuiteCrmSite.read(make_site(tmp_path))
    assert (site.encryption_key, site.private_key) == (ENCRYPTION_KEY, tmp_path / "Api/V8/OAuth2/private.key")
    url = site.database_url
    assert url
    assert (url.host, url.port, url.database, url.username) == ("db.example.org", 3307, "crm", "suite")
    assert url.password == 'it\'s a \\ "secret"'


def test_the_words_for_a_site_hide_what_it_holds(tmp_path: Path) -> None:
    """Its representation, which a traceback may hold, shows neither key nor password."""
    told = repr(SuiteCrmSite.read(make_site(tmp_path)))
    assert "it's a" not in told
    assert ENCRYPTION_KEY not in told


def test_an_override_counts(tmp_path: Path) -> None:
    """What config_override.php changes is what SuiteCRM uses."""
    make_site(tmp_path)
    override = "<?php\n/***CONFIGURATOR***/\n$sugar_config['oauth2_encryption_key'] = 'another';\n"
    (tmp_path / "config_override.php").write_text(override + "$sugar_config['dbconfig']['db_port'] = '3310';\n")
    site = SuiteCrmSite.read(tmp_path)
    assert site.encryption_key == "another"
    assert site.database_url
    assert site.database_url.port == 3310


def test_suitecrm_8_keeps_it_below(tmp_path: Path) -> None:
    """The root of SuiteCRM 8 will do: its configuration and keys are in public/legacy."""
    make_site(tmp_path / "public/legacy")
    site = SuiteCrmSite.read(tmp_path)
    assert site.encryption_key == ENCRYPTION_KEY
    assert site.private_key == tmp_path / "public/legacy/Api/V8/OAuth2/private.key"


@pytest.mark.parametrize("configured", [None, ""])
def test_a_key_in_the_source_is_found(tmp_path: Path, configured: str | None) -> None:
    """Versions without a key in config.php, or with an empty one, had it as a constant of the API."""
    _write_api_config(make_site(tmp_path, encryption_key=configured))
    assert SuiteCrmSite.read(tmp_path).encryption_key == "from the source"


def test_a_key_in_a_comment_is_none(tmp_path: Path) -> None:
    """A constant that somebody commented out is not what PHP encrypts with."""
    _write_api_config(make_site(tmp_path, encryption_key=None))
    source = tmp_path / "Api/Core/Config/ApiConfig.php"
    source.write_text(source.read_text().replace("const OAUTH2_ENCRYPTION_KEY", "// const OAUTH2_ENCRYPTION_KEY"))
    assert SuiteCrmSite.read(tmp_path).encryption_key is None


def test_a_key_in_the_configuration_comes_first(tmp_path: Path) -> None:
    """Where config.php has a key, a constant left in the source does not count."""
    _write_api_config(make_site(tmp_path))
    assert SuiteCrmSite.read(tmp_path).encryption_key == ENCRYPTION_KEY


def test_the_newer_api_s_key_comes_first(tmp_path: Path) -> None:
    """Of two pairs that of the API in use counts; the old API's is found where it is alone."""
    make_site(tmp_path, api="lib/API")
    assert SuiteCrmSite.read(tmp_path).private_key == tmp_path / "lib/API/OAuth2/private.key"
    make_site(tmp_path, api="Api/V8")
    assert SuiteCrmSite.read(tmp_path).private_key == tmp_path / "Api/V8/OAuth2/private.key"


def test_nothing_is_executed_and_nothing_guessed(tmp_path: Path) -> None:
    """A configuration that computes is refused with its file and line, and its code never runs."""
    make_site(tmp_path)
    (tmp_path / "config_override.php").write_text("<?php\n\n$sugar_config['k'] = touch('ran');\n")
    with pytest.raises(StartupError, match=r"config_override\.php cannot be read: line 3") as caught:
        SuiteCrmSite.read(tmp_path)
    assert "touch" not in str(caught.value)
    assert not list(tmp_path.rglob("ran"))


def test_init_takes_the_keys(empty: Installation) -> None:
    """After it our server signs with SuiteCRM's key, decrypts with SuiteCRM's, and has no fault."""
    site = make_site(empty.folder / "crm")
    told = empty.told("init", "--from-suitecrm", "crm")
    assert "var/keys/private.key: taken from crm/Api/V8/OAuth2/private.key" in told
    assert "var/keys/encryption.key: taken from SuiteCRM's oauth2_encryption_key" in told
    assert ENCRYPTION_KEY not in told
    keys = empty.folder / "var/keys"
    for name in ("private.key", "public.key"):
        assert (keys / name).read_bytes() == (site / "Api/V8/OAuth2" / name).read_bytes()
    assert (keys / "encryption.key").read_text() == ENCRYPTION_KEY
    assert {path.name: path.stat().st_mode & 0o777 for path in keys.iterdir()} == {
        "private.key": 0o600,
        "public.key": 0o644,
        "encryption.key": 0o600,
        "session.key": 0o600,
    }
    empty.told("doctor")


def test_a_second_init_keeps_them(empty: Installation) -> None:
    """Run again it finds the same keys in place and changes nothing."""
    make_site(empty.folder / "crm")
    empty.told("init", "--from-suitecrm", "crm")
    before = {path: path.read_bytes() for path in (empty.folder / "var/keys").iterdir()}
    assert "taken" not in empty.told("init", "--from-suitecrm", "crm")
    assert {path: path.read_bytes() for path in (empty.folder / "var/keys").iterdir()} == before


def test_no_other_key_is_replaced(ready: Installation) -> None:
    """Where a key of our own is in use it stays, and the operator is told."""
    before = (ready.folder / "var/keys/private.key").read_bytes()
    make_site(ready.folder / "crm")
    assert "var/keys/private.key holds another key" in ready.refusal("init", "--from-suitecrm", "crm")
    assert (ready.folder / "var/keys/private.key").read_bytes() == before


def test_all_that_is_in_the_way_is_told_before_anything_is_taken(ready: Installation) -> None:
    """Each key file that is not the site's is named, a public half too, and none is written while one is in the way."""
    make_site(ready.folder / "crm")
    keys = ready.folder / "var/keys"
    names = ["private.key", "public.key", "encryption.key"]
    while names:
        before = {path: path.read_bytes() for path in keys.iterdir()}
        told = ready.refusal("init", "--from-suitecrm", "crm").splitlines()
        assert told == [f"var/keys/{name} holds another key already; move it away first." for name in names]
        assert {path: path.read_bytes() for path in keys.iterdir()} == before
        (keys / names.pop(0)).unlink()
    ready.told("init", "--from-suitecrm", "crm")
    assert (keys / "public.key").read_bytes() == (ready.folder / "crm/Api/V8/OAuth2/public.key").read_bytes()
    ready.told("doctor")


def test_a_key_that_came_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    """A key that another process put in place since it was looked for stays too, and is told; the same is taken."""
    path = tmp_path / "private.key"
    path.write_bytes(b"ours\n")
    with pytest.raises(StartupError, match="holds another key already"):
        take_key(path, b"theirs")
    assert not take_key(path, b"ours")
    assert path.read_bytes() == b"ours\n"


def test_another_encryption_key_in_the_environment_is_told(empty: Installation) -> None:
    """A setting that is not SuiteCRM's key is a fault, for refresh tokens would die by it."""
    make_site(empty.folder / "crm")
    assert "another key" in empty.refusal("init", "--from-suitecrm", "crm", ENCRYPTION_KEY="mine")
    assert empty.run("init", "--from-suitecrm", "crm", ENCRYPTION_KEY=ENCRYPTION_KEY).returncode == 0


def test_a_site_without_keys_gets_new_ones(empty: Installation) -> None:
    """Where SuiteCRM has none, the keys are our own, and the operator is told what that means."""
    make_site(empty.folder / "crm", encryption_key=None)
    for path in (empty.folder / "crm/Api/V8/OAuth2").iterdir():
        path.unlink()
    told = empty.told("init", "--from-suitecrm", "crm")
    assert "no private.key" in told
    assert "no oauth2_encryption_key" in told
    empty.told("doctor")


def test_an_unusable_private_key_is_told_and_not_taken(empty: Installation) -> None:
    """A file that is no key is named, and nothing is put in place of ours."""
    make_site(empty.folder / "crm")
    (empty.folder / "crm/Api/V8/OAuth2/private.key").write_text("nonsense")
    assert "crm/Api/V8/OAuth2/private.key is no private key" in empty.refusal("init", "--from-suitecrm", "crm")
    assert not (empty.folder / "var/keys/private.key").exists()


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize(
    ("kind", "told"),
    [(["genrsa", "1024"], "fewer than 2048 bits"), (["genpkey", "-algorithm", "ed25519"], "no RSA key")],
)
def test_a_key_that_would_not_start_the_server_is_not_taken(empty: Installation, kind: list[str], told: str) -> None:
    """A key that is too short or of another kind is told before it is in the place of ours."""
    key = make_site(empty.folder / "crm") / "Api/V8/OAuth2/private.key"
    key.write_bytes(subprocess.run([require_program("openssl"), *kind], check=True, capture_output=True).stdout)
    assert told in empty.refusal("init", "--from-suitecrm", "crm")
    assert not (empty.folder / "var/keys/private.key").exists()


def test_an_encryption_key_that_everybody_knows_is_not_taken(empty: Installation) -> None:
    """In the place of SuiteCRM's built-in default a key of our own is made, with which the server starts."""
    make_site(empty.folder / "crm", encryption_key="SCRM-DEFK")
    assert "everybody knows" in empty.told("init", "--from-suitecrm", "crm")
    empty.told("doctor")


def test_a_folder_that_is_no_suitecrm_is_told(empty: Installation) -> None:
    """Without config.php there is one line that says so."""
    (empty.folder / "crm").mkdir()
    assert "crm is no SuiteCRM" in empty.refusal("init", "--from-suitecrm", "crm")


def test_keys_of_openssl_serve(empty: Installation) -> None:
    """The key that SuiteCRM's documentation makes with openssl is taken byte by byte and signs."""
    make_site(empty.folder / "crm")
    keys = empty.folder / "crm/Api/V8/OAuth2"
    openssl = require_program("openssl")
    subprocess.run([openssl, "genrsa", "-out", keys / "private.key", "2048"], check=True, capture_output=True)
    subprocess.run(
        [openssl, "rsa", "-in", keys / "private.key", "-pubout", "-out", keys / "public.key"],
        check=True,
        capture_output=True,
    )
    empty.told("init", "--from-suitecrm", "crm")
    for name in ("private.key", "public.key"):
        assert (empty.folder / "var/keys" / name).read_bytes() == (keys / name).read_bytes()
    empty.told("doctor")
