"""Who uses the panel in these tests."""

from crm_oauth.compat.passwords import hash_user_password
from crm_oauth.store.models import User
from crm_oauth.store.ports import Repositories

ADMIN = "admin"
PASSWORD = "first&best \"pass'word"
ADMIN_ID = "0f2d6cb2-f0e4-4a3e-8f0d-6b7b1c9f4e21"

OTHERS: dict[str, dict[str, object]] = {
    "jo": {"status": "Active"},
    "inactive-admin": {"status": "Inactive", "is_admin": True},
    "portal-admin": {"status": "Active", "is_admin": True, "portal_only": True},
    "group-admin": {"status": "Active", "is_admin": True, "is_group": True},
}
"""Users who may not come in, by name: their columns. They have the administrator's password."""


def add_people(repositories: Repositories) -> None:
    """Add the administrator and the others."""
    hashed = hash_user_password(PASSWORD, rounds=4)
    admin = User(id=ADMIN_ID, user_name=ADMIN, user_hash=hashed, status="Active", is_admin=True)
    repositories.users.add(admin)
    for name, columns in OTHERS.items():
        repositories.users.add(User(id=f"id-{name}", user_name=name, user_hash=hashed, first_name="Joan", **columns))
