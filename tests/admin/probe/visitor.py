"""A browser without a window, and where it goes."""

import html
import re

import requests
from sqlalchemy import text

from tests.admin.people import ADMIN, PASSWORD
from tests.admin.rows import PHONE, token_id
from tests.support.site import Site

PAGES = (
    *("/admin/", "/admin/clients", "/admin/clients/new/password", "/admin/clients/new/client-credentials"),
    *(f"/admin/clients/{PHONE}", f"/admin/clients/{PHONE}/edit", f"/admin/clients/{PHONE}/secret"),
    *(f"/admin/clients/{PHONE}/delete", "/admin/tokens", "/admin/tokens/revoke", "/admin/profile", "/admin/audit"),
    *("/admin/user-names?user_name=a", "/admin/client-names?client=m", "/admin/nowhere"),
)
ACTS = {
    "/admin/clients/new/password": {"name": "x", "client_id": "0b9d9b9a-0000-4000-8000-000000000001"},
    f"/admin/clients/{PHONE}/edit": {"name": "changed"},
    f"/admin/clients/{PHONE}/secret": {"secret": "known"},
    f"/admin/clients/{PHONE}/delete": {},
    "/admin/tokens/revoke": {"token": token_id(2)},
    "/admin/tokens/revoke-found": {"until": "9999999999"},
    "/admin/sign-out": {},
}


class Visitor(requests.Session):
    """A browser without a window.

    Args:
        site: where it goes.
        address: it comes from, as the front end says.
    """

    def __init__(self, site: Site, address: str = "192.0.2.1") -> None:
        super().__init__()
        self.headers["X-Forwarded-For"] = address
        self._url = site.url

    def ask(self, method: str, path: str, **options: object) -> requests.Response:
        """Send a request, and follow no redirect."""
        options = {"allow_redirects": False, "timeout": 30, **options}
        return self.request(method, self._url + path, **options)  # type: ignore[arg-type]  # as requests takes them

    def csrf(self, path: str = "/admin/clients/new/password") -> str:
        """Return the CSRF token of a page's forms."""
        return self.field(self.ask("GET", path).text, "csrf_token")

    def field(self, page: str, name: str) -> str:
        """Return what a page's form has in a field."""
        return html.unescape(re.findall(rf'name="{name}" value="([^"]*)"', page)[0])

    def sign_in(self, name: str = ADMIN, password: str = PASSWORD, **more: str) -> requests.Response:
        """Fill the form and send it."""
        form = {"csrf_token": self.csrf("/admin/sign-in"), "user_name": name, "password": password, **more}
        return self.ask("POST", "/admin/sign-in", data=form)


def state(site: Site) -> list[object]:
    """Return what no refused request may change."""
    with site.database.connection() as connection:
        clients = connection.execute(text("SELECT id, name, secret, deleted FROM oauth2clients ORDER BY id")).all()
        tokens = connection.execute(text("SELECT id, token_is_revoked, deleted FROM oauth2tokens ORDER BY id")).all()
        return [*clients, *tokens]
