"""New secrets of clients."""

from crm_oauth.admin.panel import Panel
from crm_oauth.compat.client_secrets import generate_client_secret, hash_client_secret
from crm_oauth.store.schema import is_adopted


def new_secret(panel: Panel, chosen: str) -> tuple[str, str]:
    """Return a secret and what to store for it.

    Args:
        panel: its profile says in which form.
        chosen: by a person; "" has one made.

    Raises:
        ValueError: it cannot be stored.
        DatabaseUnavailable: the database is away.
    """
    secret = chosen or generate_client_secret()
    method = panel.profile.hash_of_secret(shared=is_adopted(panel.database), chosen=bool(chosen))
    return secret, hash_client_secret(secret, method)
