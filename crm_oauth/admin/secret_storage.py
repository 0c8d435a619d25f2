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
    for_php = panel.profile.shared.secret_hash if is_adopted(panel.database) else None
    if chosen:
        return chosen, hash_client_secret(chosen, for_php or panel.profile.clients.chosen_secret_hash)
    made = generate_client_secret()
    return made, hash_client_secret(made, for_php or "sha256")
