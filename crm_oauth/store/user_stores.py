"""Which store of users an operator chose."""

from functools import partial
from typing import TYPE_CHECKING

from crm_oauth.faults import StartupError
from crm_oauth.settings import PREFIX, Settings
from crm_oauth.store.repositories import UserStoreFactory
from crm_oauth.store.users import SqlUserStore

if TYPE_CHECKING:
    from crm_oauth.store.directory import Directory


def user_store(settings: Settings) -> UserStoreFactory:
    """Return what makes the store of users in each unit of work.

    Raises:
        StartupError: as `open_directory` does.
    """
    if settings.user_store == "database":
        return SqlUserStore
    directory = open_directory(settings)
    from crm_oauth.store.ldap_users import LdapUserStore  # noqa: PLC0415  # an extra that others do without

    return partial(LdapUserStore, directory=directory)


def open_directory(settings: Settings) -> "Directory":
    """Return the directory of the settings; nothing connects to it yet.

    Raises:
        StartupError: a setting is missing, or python-ldap is.
    """
    try:
        from crm_oauth.store.directory import Directory  # noqa: PLC0415  # same
    except ImportError as error:
        raise StartupError(
            [f"{PREFIX}USER_STORE: ldap needs python-ldap ({error}); docs/directory.md says how."]
        ) from None
    return Directory(settings)
