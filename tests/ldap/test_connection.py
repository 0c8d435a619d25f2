"""The way to the directory: encrypted, vouched for, and never waited on for ever."""

import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from crm_oauth.store.ports import DirectoryUnavailable
from crm_oauth.store.user_stores import open_directory
from tests.ldap.conftest import BY_NAME, BY_SEARCH, SettingsMaker
from tests.support.ldap_server import LdapServer, password_of

PASSWORD = password_of("joe")

# Message 1, extended response, success (RFC 4511 section 4.14.2).
_AGREED = bytes.fromhex("300c02010178070a010004000400")


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("localhost", 0)) as server:
        yield server


def _url(server: socket.socket) -> str:
    return f"ldap://localhost:{server.getsockname()[1]}"


def _unavailable(settings: SettingsMaker, **others: object) -> str:
    directory = open_directory(settings(**BY_NAME, **others))
    with pytest.raises(DirectoryUnavailable) as caught:
        directory.verify("joe", PASSWORD)
    with pytest.raises(DirectoryUnavailable):
        directory.ping()
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


def test_unencrypted_where_it_is_asked_for(settings: SettingsMaker) -> None:
    """Without StartTLS no certificate matters."""
    directory = open_directory(settings(**BY_SEARCH, ldap_start_tls=False, ldap_ca_file=None))
    assert directory.verify("joe", PASSWORD)
    assert not directory.verify("joe", "wrong")


@pytest.mark.parametrize("way", [BY_NAME, BY_SEARCH], ids=["by name", "by search"])
def test_tls_from_the_first_byte(ldap_server: LdapServer, settings: SettingsMaker, way: dict[str, object]) -> None:
    """Under ldaps:// passwords are checked as with StartTLS, which is then not asked for."""
    directory = open_directory(settings(**way, ldap_url=ldap_server.tls_url))
    directory.ping()
    assert directory.verify("joe", PASSWORD)
    assert not directory.verify("joe", "wrong")


def test_tls_carries_more_than_one_record(ldap_server: LdapServer, settings: SettingsMaker) -> None:
    """What is longer than a record of TLS gets through whole."""
    directory = open_directory(settings(**BY_NAME, ldap_url=ldap_server.tls_url))
    assert not directory.verify("joe", "x" * 200_000)


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_tls_leaves_nothing_behind(ldap_server: LdapServer, settings: SettingsMaker) -> None:
    """No descriptors pile up, whether the directory takes a password or cannot be asked."""
    directory = open_directory(settings(**BY_NAME, ldap_url=ldap_server.tls_url))
    stranger = open_directory(
        settings(**BY_NAME, ldap_url=ldap_server.tls_url, ldap_ca_file=ldap_server.foreign_ca_file)
    )
    directory.verify("joe", PASSWORD)
    before = _descriptors()
    for _ in range(5):
        directory.verify("joe", PASSWORD)
        with pytest.raises(DirectoryUnavailable):
            stranger.ping()
    assert _descriptors() == before


def test_a_certificate_of_a_stranger(ldap_server: LdapServer, settings: SettingsMaker) -> None:
    """A server that nobody we trust vouches for gets no password."""
    for url in (ldap_server.url, ldap_server.tls_url):
        assert _unavailable(settings, ldap_url=url, ldap_ca_file=ldap_server.foreign_ca_file)


def test_a_certificate_for_another_host(ldap_server: LdapServer, settings: SettingsMaker) -> None:
    """A server that is vouched for under another name gets no password."""
    for url in (ldap_server.url, ldap_server.tls_url):
        assert _unavailable(settings, ldap_url=url.replace("127.0.0.1", "localhost"))


@pytest.mark.parametrize("start_tls", [True, False])
def test_a_server_that_says_nothing(silent: socket.socket, settings: SettingsMaker, *, start_tls: bool) -> None:
    """Nobody waits longer than the setting says."""
    assert _unavailable(settings, ldap_url=_url(silent), ldap_start_tls=start_tls, ldap_timeout=1)


def test_a_server_that_says_nothing_of_tls(silent: socket.socket, settings: SettingsMaker) -> None:
    """Nor where TLS is expected from the first byte."""
    assert _unavailable(settings, ldap_url=_url(silent).replace("ldap:", "ldaps:"), ldap_timeout=1)


def test_a_server_that_speaks_no_tls(ldap_server: LdapServer, settings: SettingsMaker) -> None:
    """A port on which plain LDAP is spoken is told as such at once, and gets no password."""
    assert "SSL" in _unavailable(settings, ldap_url=ldap_server.url.replace("ldap:", "ldaps:"), ldap_timeout=60)


def test_a_server_that_falls_silent_after_the_handshake(
    silent: socket.socket, ldap_server: LdapServer, settings: SettingsMaker
) -> None:
    """Nor where the handshake went well and no answer comes."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(ldap_server.ca_file.with_name("server.pem"), ldap_server.ca_file.with_name("server.key"))
    url = _url(silent).replace("ldap:", "ldaps:").replace("localhost", "127.0.0.1")
    directory = open_directory(settings(**BY_NAME, ldap_url=url, ldap_timeout=2))
    with ThreadPoolExecutor() as threads:
        stuck = threads.submit(directory.verify, "joe", PASSWORD)
        connection, _ = silent.accept()
        with context.wrap_socket(connection, server_side=True) as secure:
            assert secure.recv(1024)
            with pytest.raises(DirectoryUnavailable):
                stuck.result()


def test_a_server_that_falls_silent_in_the_handshake(silent: socket.socket, settings: SettingsMaker) -> None:
    """Nor where the server has agreed to StartTLS and then forgets about it."""
    directory = open_directory(settings(**BY_NAME, ldap_url=_url(silent), ldap_timeout=1))
    with ThreadPoolExecutor() as threads:
        stuck = threads.submit(directory.verify, "joe", PASSWORD)
        connection, _ = silent.accept()
        with connection:
            connection.recv(1024)
            connection.sendall(_AGREED)
            with pytest.raises(DirectoryUnavailable):
                stuck.result()


def test_a_server_that_is_away(silent: socket.socket, settings: SettingsMaker) -> None:
    """A refused connection is told as the directory's absence."""
    url = _url(silent)
    silent.close()
    assert "refused" in _unavailable(settings, ldap_url=url)


def test_who_waits_holds_up_nobody(silent: socket.socket, settings: SettingsMaker) -> None:
    """While one thread waits for an answer, others get theirs."""
    waiting = open_directory(settings(**BY_NAME, ldap_url=_url(silent), ldap_timeout=60))
    with ThreadPoolExecutor() as threads:
        stuck = threads.submit(waiting.verify, "joe", PASSWORD)
        connection, _ = silent.accept()
        connection.recv(1)  # now it waits for the answer
        assert open_directory(settings(**BY_NAME)).verify("joe", PASSWORD)
        assert not stuck.done()
        connection.close()
        with pytest.raises(DirectoryUnavailable):
            stuck.result()
