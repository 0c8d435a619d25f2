"""The audit trail is searched by people, who know users by their names."""

import pytest

from crm_oauth.store.audit_entries import AuditEntry
from crm_oauth.store.models import User
from crm_oauth.store.ports import Repositories
from tests.admin.probe.visitor import Visitor
from tests.support.site import Site

IDS = "user-live", "a-namesake", "user-gone", "no-row"


def _add(stores: Repositories) -> None:
    stores.users.add(User(id="user-live", user_name="twin"))
    stores.users.add(User(id="a-namesake", user_name="twin", deleted=True))
    stores.users.add(User(id="user-gone", user_name="gone", deleted=True))
    stores.audit.append([AuditEntry("logged_out", f"of {user_id}", user_id=user_id) for user_id in IDS])


@pytest.fixture(scope="module")
def site(site: Site) -> Site:
    """The server, where two users had one name, another is deleted, and of one there is no row any more."""
    site.fill(_add)
    return site


@pytest.mark.parametrize(
    ("user", "found"),
    [("Twin", "user-live"), ("a-namesake", "a-namesake"), ("gone", "user-gone"), ("no-row", "no-row")],
)
def test_a_user_is_found_by_name_and_by_id(admin: Visitor, user: str, found: str) -> None:
    """A name finds its live user before any namesake; an id finds whoever had it."""
    page = admin.ask("GET", "/admin/audit", params={"event": "logged_out", "user": user}).text
    assert {each for each in IDS if f"of {each}" in page} == {found}
