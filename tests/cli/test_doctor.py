"""`crm-oauth doctor`."""

import json
import sys
from collections.abc import Callable

import pytest

from tests.cli.conftest import Installation
from tests.support.ports import free_port
from tests.support.recorder import Recorder


def _results(installation: Installation) -> dict[str, str]:
    return {finding["check"]: finding["result"] for finding in installation.records("doctor")}


def test_a_good_installation_is_well(ready: Installation) -> None:
    """After `init` every check is ok, one line each."""
    expected = ["settings", "address", "profile", "signing keys", "encryption key", "database", "schema"]
    expected += ["session key", "permissions"]
    assert _results(ready) == dict.fromkeys(expected, "ok")
    assert len(ready.told("doctor").splitlines()) == len(expected)


@pytest.mark.parametrize("name", ["var/keys/private.key", "var/keys/encryption.key", "var/keys/session.key", ".env"])
def test_a_readable_secret_is_a_warning(ready: Installation, name: str) -> None:
    """A file with secrets that others may read is told, and is no fault."""
    path = ready.folder / name
    path.touch()
    path.chmod(0o644)
    assert _results(ready)["permissions"] == "warning"
    assert f"chmod 600 {name}" in ready.told("doctor")


def _short_key(installation: Installation) -> None:
    for name in ("private", "public"):
        (installation.folder / f"var/keys/{name}.key").write_text("short")


def _default_encryption_key(installation: Installation) -> None:
    (installation.folder / "var/keys/encryption.key").write_text("SCRM-DEFK")


def _empty_database(installation: Installation) -> None:
    (installation.folder / "var/crm-oauth.db").unlink()


@pytest.mark.parametrize(
    ("harm", "check"),
    [(_short_key, "signing keys"), (_default_encryption_key, "encryption key"), (_empty_database, "schema")],
)
def test_a_fault_is_found(ready: Installation, harm: Callable[[Installation], None], check: str) -> None:
    """What would keep the server from starting is a fault of its check, and the status is 1."""
    harm(ready)
    ended = ready.run("doctor")
    assert ended.returncode == 1
    assert next(line.split()[0] for line in ended.stdout.splitlines() if f"  {check}: " in line) == "fault"


@pytest.mark.parametrize(
    "bind",
    ["127.0.0.1:many", "127.0.0.1:65536", "[::1]:-1", "unix:", "unix:var", "unix:missing/socket", f"unix:{300 * 'x'}"],
)
def test_a_bad_address_starts_nothing(ready: Installation, bind: str) -> None:
    """An address where nothing can listen is told as a fault of its setting, by `doctor` as by `serve`."""
    assert "  address: CRM_OAUTH_BIND: " in ready.run("doctor", BIND=bind).stdout
    [line] = ready.refusal("serve", "--bind", bind).splitlines()
    assert line.startswith("CRM_OAUTH_BIND: ")
    assert line.endswith("Write HOST:PORT or unix:PATH.")


def test_bad_settings_are_all_told(empty: Installation) -> None:
    """With bad settings nothing else can be checked, and each bad one has its line."""
    ended = empty.run("doctor", FOO="1", WORKERS="0")
    assert ended.returncode == 1
    assert [line.split(":")[1].strip() for line in ended.stdout.splitlines()] == ["CRM_OAUTH_FOO", "CRM_OAUTH_WORKERS"]


@pytest.mark.parametrize(
    ("begins", "told"), [(b"nonsense", "file is not a database"), (b"SQLite", "database disk image is malformed")]
)
def test_a_broken_database_is_told(ready: Installation, begins: bytes, told: str) -> None:
    """A file that is no SQLite database, or not whole, is a fault, and the checks after it are made too."""
    file = ready.folder / "var/crm-oauth.db"
    file.write_bytes(begins + file.read_bytes()[len(begins) : 4096])
    ended = ready.run("doctor")
    assert ended.returncode == 1
    assert f"fault    schema: The database is unavailable: {told}" in ended.stdout
    assert ended.stdout.splitlines()[-1].split()[1] == "permissions:"


@pytest.mark.parametrize("there", [True, False])
def test_spans_need_packages(ready: Installation, monkeypatch: pytest.MonkeyPatch, *, there: bool) -> None:
    """Where spans are wanted, the packages that make them must be there."""
    if not there:
        monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)  # as Python notes what cannot be imported
    ended = ready.run("doctor", TRACES_ENDPOINT="http://127.0.0.1:4318")
    told = next(line for line in ended.stdout.splitlines() if "  tracing: " in line)
    assert told.split()[0] == ("ok" if there else "fault")
    assert ("crm-oauth[otel]" in told) is not there


def test_an_empty_folder_has_every_fault_at_once(empty: Installation) -> None:
    """Before `init`, keys, encryption key and database are all told, by the names that their settings have."""
    told = empty.refusal("serve")
    for setting in ("PRIVATE_KEY", "PUBLIC_KEY", "ENCRYPTION_KEY", "SESSION_KEY", "DATABASE_URL"):
        assert f"CRM_OAUTH_{setting}" in told


@pytest.mark.parametrize(
    "url", ["crm.example.com", "ftp://crm.example.com", "https://", "https://x:70000", "https://u@x"]
)
def test_bad_addresses(ready: Installation, url: str) -> None:
    """What is no address of the web is wrong usage."""
    assert "https://crm.example.com" in ready.refusal("doctor", "--url", url, status=2)


def _at(installation: Installation, url: str) -> dict[str, str]:
    ended = installation.run("doctor", "--json", "--url", url)
    assert ended.returncode == 1
    return {finding["check"]: finding["result"] for finding in json.loads(ended.stdout)}


def test_an_address_that_is_not_ours(ready: Installation) -> None:
    """A server that is not ours, and a port where nobody listens, are faults."""
    with Recorder() as other:
        assert _at(ready, f"http://127.0.0.1:{other.port}")["token endpoint"] == "fault"
    assert _at(ready, f"http://127.0.0.1:{free_port()}/crm")["front end"] == "fault"


def test_an_address_without_encryption(ready: Installation) -> None:
    """Plain http is well on this machine alone."""
    assert _at(ready, "http://localhost:1")["tls"] == "ok"
    assert _at(ready, "http://198.51.100.1.invalid")["tls"] == "fault"
