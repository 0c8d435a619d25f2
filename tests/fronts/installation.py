"""An installation whose settings are in its `.env`, for servers that know no environment of ours."""

from pathlib import Path

from crm_oauth.shipped import shipped
from tests.support.accounts import give_away
from tests.support.site import Site
from tests.wire.conftest import fill_as_recorded

MANY_SCOPES = [f"reports:of-the-department-number-{number:04}:read-and-write" for number in range(56)]
"""Enough for a token of more than 4 KB."""


def make_installation(folder: Path, **settings: str) -> Site:
    """Return a filled site, whose clients may have scopes enough for a long token; nothing serves it yet.

    Args:
        folder: an empty folder.
        settings: without their prefix.
    """
    profile = folder / "profile.toml"
    before, _known, _after = (shipped("config") / "7.10.2.toml").read_text().partition("known = [")
    profile.write_text(f"{before}known = {MANY_SCOPES!r}\n")
    site = Site(folder, str(profile), settings=settings)
    site.fill(fill_as_recorded)
    site.command("init").check_returncode()
    return site


def hand_over(site: Site) -> None:
    """Write the settings down, and make everything the service account's."""
    lines = [f"{name}={value}\n" for name, value in site.environment.items() if name.startswith("CRM_OAUTH_")]
    settings = site.folder / ".env"
    settings.touch(mode=0o600)
    settings.write_text("".join(lines))
    site.database.dispose()
    give_away(site.folder)
