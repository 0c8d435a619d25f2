"""Which pages are made from the program."""

from tests.documents.commands_page import commands_page
from tests.documents.errors_page import errors_page
from tests.documents.profile_page import profile_page
from tests.documents.settings_page import settings_page


def made_pages() -> dict[str, str]:
    """Return each page's text, by its path."""
    return {
        "docs/reference/settings.md": settings_page(),
        "docs/reference/commands.md": commands_page(),
        "docs/reference/errors.md": errors_page(),
        "docs/profiles.md": profile_page(),
    }
