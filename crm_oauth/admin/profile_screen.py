"""What the running profile turns on, and why."""

from flask import Blueprint
from werkzeug.wrappers import Response

from crm_oauth.admin.pages import page
from crm_oauth.admin.panel import Panel
from crm_oauth.oauth.registry import GrantRegistry
from crm_oauth.profiles import load_profile, profile_names

_MEANING = {
    "password": "A user's own name and password are traded for tokens that act as this user.",
    "client_credentials": "A program proves its own secret, and acts as the user who is associated with it.",
    "refresh_token": "A session goes on without asking for the password again.",
}


def add_profile_screen(routes: Blueprint, panel: Panel) -> None:
    """Add the page.

    Args:
        routes: the panel's.
        panel: the parts.
    """

    @routes.get("/profile")
    def profile() -> Response:
        installed = GrantRegistry.discover().describe()
        rows = [(grant, grant.name in panel.profile.grants, _MEANING.get(grant.name, "")) for grant in installed]
        others = [(name, load_profile(name)) for name in profile_names()]
        return page("profile", profile=panel.profile, grants=rows, others=others, name=panel.settings.profile)
