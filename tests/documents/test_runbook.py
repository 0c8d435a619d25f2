"""docs/runbook.md: each incident shows as the page says, and the page's commands end it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents import incidents
from tests.documents.incidents import Desk
from tests.documents.reading import ROOT, prose, text_of
from tests.documents.shell import run
from tests.support.database_servers import PostgresqlServer
from tests.support.outages import small_disk
from tests.support.ports import free_port
from tests.support.programs import require_module
from tests.support.site import Site
from tests.support.started import started

PAGE = "docs/runbook.md"
_SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", text_of(PAGE), re.DOTALL | re.MULTILINE))
_BEGINNING = text_of(PAGE).partition("\n## ")[0]


def lines(section: str, language: str) -> list[str]:
    """Return the lines of a section's blocks in one language."""
    return "".join(re.findall(rf"^```{language}\n(.*?)^```", section, re.DOTALL | re.MULTILINE)).splitlines()


def assert_shows(title: str, shown: str) -> None:
    """Check that each line that a section quotes is there; an ellipsis stands for anything."""
    quoted = lines(_SECTIONS[title], "log")
    assert quoted
    for line in quoted:
        pattern = ".*".join(map(re.escape, line.split("…")))
        assert any(re.fullmatch(pattern, each) for each in shown.splitlines()), f"{line}\nis not in\n{shown}"


def act(desk: Desk, section: str, **values: str) -> dict[str, str]:
    """Run a section's commands in their order, and return what each says."""
    values |= {"CLIENT_ID": desk.client["client_id"]}
    told: dict[str, str] = {}
    for line in lines(section, "sh"):
        command = line.replace("http://127.0.0.1:8000", desk.site.url)
        if "OLD_KID" in command:
            [kid] = re.findall(r"^(\S+)\tverifying", told["crm-oauth keys list"], re.MULTILINE)
            command = command.replace("OLD_KID", f"{kid}")
        for word, value in values.items():
            command = command.replace(word, value)
        told[line] = run(desk.site, command)
    return told


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Serve a site whose Redis does not answer."""
    settings = {"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    site = Site(tmp_path_factory.mktemp("runbook"), "default", settings=settings)
    del site.environment["CRM_OAUTH_ENCRYPTION_KEY"]
    with incidents.desk_of(site) as desk:
        yield desk


def test_words_in_passing_are_the_programs() -> None:
    """What the page quotes of the log within a sentence stands in the program."""
    program = "".join(path.read_text() for path in (ROOT / "crm_oauth").rglob("*.py"))
    quoted = [span for span in re.findall(r"`([^`]+)`", prose(PAGE)) if re.match(r"[A-Za-z-]+ [a-z-]+ \S", span)]
    quoted = [span for span in quoted if not span.startswith("crm-oauth ")]
    assert len(quoted) > 5
    assert [span for span in quoted if span not in program] == []


def test_the_first_commands(desk: Desk) -> None:
    """The commands that the page begins with run."""
    assert act(desk, _BEGINNING)


def test_the_signing_key_is_lost(desk: Desk) -> None:
    """With a new pair, and the old public half among the previous ones, old and new tokens count."""
    title = "The signing key is lost"
    old = desk.sign_in()["access_token"]
    assert_shows(title, incidents.signing_key_lost(desk))
    act(desk, _SECTIONS[title])
    incidents.wait_for_a_look_at_the_keys()
    new = desk.sign_in()["access_token"]
    assert desk.passes(old)
    assert desk.passes(new)
    assert "signing keys: var/keys/private.key signs" in desk.shows()


def test_the_signing_key_has_leaked(desk: Desk) -> None:
    """What the old key signed is refused; the session can be refreshed."""
    (desk.site.folder / "var/keys/previous/lost.pem").unlink(missing_ok=True)
    pair = desk.sign_in()
    act(desk, _SECTIONS["The signing key has leaked"])
    incidents.wait_for_a_look_at_the_keys()
    assert not desk.passes(pair["access_token"])
    assert desk.passes(desk.refresh(pair).document["access_token"])


def test_the_encryption_key_is_lost(desk: Desk) -> None:
    """With a new key old refresh tokens are told what the page says, and access tokens go on."""
    title = "The encryption key is lost"
    pair = desk.sign_in()
    assert_shows(title, incidents.encryption_key_lost(desk))
    act(desk, _SECTIONS[title])
    incidents.wait_for_a_look_at_the_keys()
    assert desk.refresh(desk.sign_in()).status == 200
    assert f"`{desk.refresh(pair).document['hint']}`" in _SECTIONS[title]
    assert desk.passes(pair["access_token"])


def test_the_encryption_key_has_leaked(desk: Desk) -> None:
    """What was made under it is refused, new tokens are not."""
    pair = desk.sign_in()
    act(desk, _SECTIONS["The encryption key has leaked"])
    incidents.wait_for_a_look_at_the_keys()
    assert desk.refresh(pair).document["hint"] == "Cannot decrypt the refresh token"
    assert desk.refresh(desk.sign_in()).status == 200


def test_a_clock_is_wrong(desk: Desk) -> None:
    """A token from the future is told as the page says; its commands show the server's clock."""
    title = "A clock is wrong"
    assert_shows(title, incidents.clock_ahead(desk))
    *_, date = act(desk, _SECTIONS[title]).values()
    assert date.startswith("Date: ")


def test_the_token_table_is_too_big(desk: Desk) -> None:
    """What is due is shown, and purged."""
    title = "The token table is too big"
    assert_shows(title, incidents.table_too_big(desk))
    assert act(desk, _SECTIONS[title]) == {"crm-oauth tokens purge": "Rows purged: 3.\n"}


def test_redis_is_gone(desk: Desk) -> None:
    """Guesses are counted elsewhere, and log and doctor say so."""
    assert_shows("Redis is gone", incidents.redis_gone(desk))


def test_an_upgrade_went_wrong(desk: Desk) -> None:
    """A schema that is newer or older than the program is told; the commands leave a current one."""
    title = "An upgrade went wrong"
    assert_shows(title, incidents.other_schemas(desk))
    act(desk, _SECTIONS[title])


def test_a_clients_secret_has_leaked(desk: Desk) -> None:
    """The old secret and the sessions of the client are over."""
    pair = desk.sign_in()
    act(desk, _SECTIONS["A client's secret has leaked"])
    assert not desk.passes(pair["access_token"])
    assert desk.ask().document["error"] == "invalid_client"


def test_a_flood_of_guesses(tmp_path: Path) -> None:
    """Guesses show in metrics and log, and the audit trail tells where they come from."""
    title = "A flood of guesses"
    site = Site(tmp_path, "default", settings={"GUESSES_PER_USER": "2/30m", "GUESSES_PER_ADDRESS": "3/10m"})
    with incidents.desk_of(site) as desk:
        assert_shows(title, incidents.guesses(desk))
        [told] = act(desk, _SECTIONS[title]).values()
        assert "address=127.0.0.1" in told


def test_the_database_is_away(tmp_path: Path) -> None:
    """Whatever an operator looks at says so, and when it is back all is well."""
    with (
        started(PostgresqlServer()) as server,
        incidents.desk_of(Site(tmp_path, "default", server.new_database())) as desk,
    ):
        pair = desk.sign_in()
        server.crash()
        assert_shows("The database is away", incidents.away(desk))
        server.start()
        assert desk.refresh(pair).status == 200


def test_the_disk_is_full(tmp_path: Path) -> None:
    """Tokens get a 503 and bearers pass; the commands run on the full disk."""
    title = "The disk is full"
    with (
        small_disk(tmp_path / "disk") as disk,
        incidents.desk_of(Site(tmp_path, "default", f"sqlite:///{disk}/test.db")) as desk,
    ):
        assert_shows(title, incidents.full_disk(desk, disk))
        (disk / "ballast").unlink()
        act(desk, _SECTIONS[title])
        assert desk.ask().status == 200


def test_the_directory_is_gone(tmp_path: Path) -> None:
    """Passwords get a 503, and log and doctor say so."""
    require_module("ldap", package="python-ldap")
    settings = {
        "USER_STORE": "ldap",
        "LDAP_URL": f"ldap://127.0.0.1:{free_port()}",
        "LDAP_USER_DN": "uid={username},dc=example,dc=org",
    }
    with incidents.desk_of(Site(tmp_path, "default", settings=settings)) as desk:
        assert desk.ask().status == 503
        assert_shows("The directory is gone", desk.shows())
