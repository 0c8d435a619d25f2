"""New secrets of clients."""

from crm_oauth.compat.client_secrets import generate_client_secret, hash_client_secret
from crm_oauth.profiles import Profile
from crm_oauth.store.db import Database
from crm_oauth.store.schema import is_adopted


def new_secret(profile: Profile, database: Database, chosen: str) -> tuple[str, str]:
    """Return a secret and what to store for it.

    Args:
        profile: says in which form.
        database: where it will be stored; SuiteCRM's PHP may have to verify it there.
        chosen: by a person; "" has one made.

    Raises:
        ValueError: it cannot be stored.
        DatabaseUnavailable: the database is away.
    """
    secret = chosen or generate_client_secret()
    method = profile.hash_of_secret(shared=is_adopted(database), chosen=bool(chosen))
    return secret, hash_client_secret(secret, method)
