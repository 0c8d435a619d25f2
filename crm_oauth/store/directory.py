"""A directory that checks passwords, spoken to with LDAP version 3 (RFC 4511) through OpenLDAP's own library."""

from collections.abc import Iterator

import ldap
from ldap.dn import escape_dn_chars
from ldap.filter import escape_filter_chars
from ldap.ldapobject import LDAPObject

from crm_oauth.faults import StartupError
from crm_oauth.settings import PREFIX, Settings
from crm_oauth.store.ids import new_id
from crm_oauth.store.ldap_connection import connect

_PLACE = "{username}"
_NO_ATTRIBUTES = "1.1"  # RFC 4511 section 4.5.1.8

_Entries = list[tuple[str | None, object]]

# What servers answer to a name or a password that they do not take; Active Directory and eDirectory know several.
_REFUSALS = (
    ldap.INVALID_CREDENTIALS,
    ldap.INAPPROPRIATE_AUTH,
    ldap.INVALID_DN_SYNTAX,
    ldap.NO_SUCH_OBJECT,
    ldap.INSUFFICIENT_ACCESS,
    ldap.UNWILLING_TO_PERFORM,
    ldap.CONSTRAINT_VIOLATION,
)


class Directory:
    """The directory of the settings. Each check has a connection of its own, so threads and forks share nothing.

    Args:
        settings: those that start with `ldap_`.

    Raises:
        StartupError: they do not say where to ask, or how to name a user there.
    """

    def __init__(self, settings: Settings) -> None:
        faults = list(_faults(settings))
        if faults:
            raise StartupError(faults)
        self._settings = settings

    def verify(self, user_name: str | None, password: str) -> bool:
        """Tell whether the directory takes a password for a user's (RFC 4513 section 5.1.3).

        Args:
            user_name: None for nobody, for whom the same steps are taken as for a wrong password.
            password: as sent. An empty one is refused unasked: it would ask for an anonymous session, which many
                servers grant under any name (RFC 4513 section 5.1.2).

        Raises:
            DirectoryUnavailable: there is no answer, or none about the password.
        """
        if not password:
            return False
        with connect(self._settings) as connection:
            name = self._name(connection, user_name or new_id())
            # One who is not found fails at a bind too, in the time that a wrong password takes.
            accepted = _bind(connection, name or self._settings.ldap_search_base, password)
        return accepted and bool(name) and user_name is not None

    def ping(self) -> None:
        """Ask for an entry that must be there.

        Raises:
            DirectoryUnavailable: there is no answer, or not that entry.
        """
        with connect(self._settings) as connection:
            self._search(connection, self._settings.ldap_search_base or "", ldap.SCOPE_BASE, "(objectClass=*)")

    def _name(self, connection: LDAPObject, user_name: str) -> str | None:
        """Return the name to bind as; None for a user whom the directory does not know, or knows twice."""
        settings = self._settings
        if settings.ldap_user_dn:
            return settings.ldap_user_dn.replace(_PLACE, escape_dn_chars(user_name))
        which = settings.ldap_search_filter.replace(_PLACE, escape_filter_chars(user_name))
        try:
            found = self._search(connection, settings.ldap_search_base, ldap.SCOPE_SUBTREE, which)
        except ldap.SIZELIMIT_EXCEEDED:
            return None
        # Active Directory adds references to other servers, which have no name.
        names = [name for name, _attributes in found if name]
        return names[0] if len(names) == 1 else None

    def _search(self, connection: LDAPObject, base: str | None, scope: int, which: str) -> _Entries:
        # Two are enough to see that there is more than one.
        return list(connection.search_ext_s(base, scope, which, [_NO_ATTRIBUTES], sizelimit=2))


def _faults(settings: Settings) -> Iterator[str]:
    if not settings.ldap_url:
        yield f"{PREFIX}LDAP_URL: must be set with {PREFIX}USER_STORE=ldap."
    if bool(settings.ldap_user_dn) == bool(settings.ldap_search_base):
        yield f"{PREFIX}LDAP_USER_DN: either this or {PREFIX}LDAP_SEARCH_BASE must be set, to tell how to name a user."
    if bool(settings.ldap_search_dn) != bool(settings.ldap_search_password):
        yield f"{PREFIX}LDAP_SEARCH_DN: needs {PREFIX}LDAP_SEARCH_PASSWORD, and the other way round."
    if settings.ldap_ca_file and not settings.ldap_ca_file.is_file():
        yield f"{PREFIX}LDAP_CA_FILE: there is no file {settings.ldap_ca_file}."


def _bind(connection: LDAPObject, name: str | None, password: str) -> bool:
    try:
        connection.simple_bind_s(name, password)
    except _REFUSALS:
        return False
    return True
