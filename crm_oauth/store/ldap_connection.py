"""Connections to a directory: encrypted, to the server that was meant, and over by a deadline."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from threading import Timer

import ldap
from ldap.ldapobject import LDAPObject

from crm_oauth.settings import Settings
from crm_oauth.store.ldap_tunnel import tunnel
from crm_oauth.store.ports import DirectoryUnavailable

_PORTS = {"ldap": 389, "ldaps": 636}


@contextmanager
def connect(settings: Settings) -> Iterator[LDAPObject]:
    """Lend a connection to the directory, bound as the account that searches if there is one.

    Args:
        settings: where the directory is; all that the block does must be over in `ldap_timeout` seconds.

    Raises:
        DirectoryUnavailable: from the block too, for whatever goes wrong on the way or over there.
    """
    try:
        with _socket(settings) as file:
            # Whatever the socket does, the library sees a plain one.
            connection = ldap.initialize(str(settings.ldap_url).replace("ldaps:", "ldap:", 1), fileno=file)
            try:
                _secure(connection, settings)
                if settings.ldap_search_dn and settings.ldap_search_password:
                    connection.simple_bind_s(settings.ldap_search_dn, settings.ldap_search_password.get_secret_value())
                yield connection
            finally:
                connection.unbind_s()
    except (ldap.LDAPError, OSError) as error:
        raise DirectoryUnavailable(_reason(error)) from error


@contextmanager
def _socket(settings: Settings) -> Iterator[int]:
    """Lend the descriptor of a connected socket that goes dead at the deadline.

    OpenLDAP's own time limits do not cover its TLS handshake: a server that falls silent there is waited for in a
    busy loop for ever. Whoever waits on a socket that is shut down gets an error at once.
    """
    if settings.ldap_url is None:
        raise OSError("no address")
    host, scheme = str(settings.ldap_url.host).strip("[]"), settings.ldap_url.scheme
    address = host, settings.ldap_url.port or _PORTS[scheme]
    with (
        socket.create_connection(address, settings.ldap_timeout) as connected,
        # Of its own, for TLS takes the other one over.
        connected.dup() as handle,
    ):
        connected.settimeout(None)
        deadline = Timer(settings.ldap_timeout, _shut_down, (handle,))
        deadline.daemon = True
        deadline.start()
        try:
            tls = tunnel(connected, host, settings.ldap_ca_file) if scheme == "ldaps" else nullcontext(connected)
            with tls as plain:
                # OpenLDAP closes the descriptor that it is given, whose number may then be another thread's.
                yield os.dup(plain.fileno())
        finally:
            deadline.cancel()


def _shut_down(connected: socket.socket) -> None:
    with suppress(OSError):  # closed by now
        connected.shutdown(socket.SHUT_RDWR)


def _secure(connection: LDAPObject, settings: Settings) -> None:
    # Whom a server names is not whom the operator named.
    connection.set_option(ldap.OPT_REFERRALS, ldap.OPT_OFF)
    # Or the machine's ldap.conf, or a variable of the environment, might say otherwise.
    connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
    if settings.ldap_ca_file:
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(settings.ldap_ca_file))
    connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)  # makes the options above count
    if settings.ldap_start_tls and not _is_encrypted(settings):
        connection.start_tls_s()


def _is_encrypted(settings: Settings) -> bool:
    return settings.ldap_url is not None and settings.ldap_url.scheme == "ldaps"


def _reason(error: Exception) -> str:
    told = error.args[0] if error.args and isinstance(error.args[0], dict) else {"desc": str(error)}
    return ": ".join(str(told[key]) for key in ("desc", "info") if told.get(key))
