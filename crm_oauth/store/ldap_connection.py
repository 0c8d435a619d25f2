"""Connections to a directory: encrypted, to the server that was meant, and over by a deadline."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer

import ldap
from ldap.ldapobject import LDAPObject

from crm_oauth.settings import Settings
from crm_oauth.store.ports import DirectoryUnavailable


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
            connection = ldap.initialize(str(settings.ldap_url), fileno=file)
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
    address = str(settings.ldap_url.host).strip("[]"), settings.ldap_url.port
    with socket.create_connection(address, settings.ldap_timeout) as connected:
        connected.settimeout(None)
        deadline = Timer(settings.ldap_timeout, _shut_down, (connected,))
        deadline.daemon = True
        deadline.start()
        try:
            # OpenLDAP closes the descriptor that it is given, whose number may then be another thread's.
            yield os.dup(connected.fileno())
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
    if settings.ldap_start_tls:
        connection.start_tls_s()


def _reason(error: Exception) -> str:
    told = error.args[0] if error.args and isinstance(error.args[0], dict) else {"desc": str(error)}
    return ": ".join(str(told[key]) for key in ("desc", "info") if told.get(key))
