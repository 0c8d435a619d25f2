"""A profile that names a grant which is missing or broken stops the start with a message that says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugins.conftest import profile_with
from tests.support.site import Site


@pytest.fixture
def plugin_path(tmp_path: Path) -> Path:
    """Lay an installed package out whose entry points are all broken."""
    folder = tmp_path / "plugins"
    metadata = folder / "faulty_grants-0.9.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty-grants\nVersion: 0.9\n")
    (metadata / "entry_points.txt").write_text(
        "[crm_oauth.grants]\n"
        "unimportable = faulty_import:Grant\n"
        "absent_class = faulty_class:AbsentClass\n"
        "no_grant = faulty_class:NoGrant\n"
        "half_a_grant = faulty_class:HalfAGrant\n"
    )
    (folder / "faulty_import.py").write_text("import a_library_that_is_not_installed\n")
    (folder / "faulty_class.py").write_text(
        "from crm_oauth.oauth.grant import Grant\n"
        "class NoGrant:\n    GRANT_TYPE = 'no_grant'\n"
        "class HalfAGrant(Grant):\n    GRANT_TYPE = 'identify_is_missing'\n"
    )
    return folder


@pytest.fixture
def site(tmp_path: Path, plugin_path: Path) -> Iterator[Site]:
    """Return an installation in order but for its profile, not started."""
    site = Site(tmp_path, "7.10.2")
    site.environment["PYTHONPATH"] = str(plugin_path)
    site.command("init").check_returncode()
    yield site
    site.database.dispose()


@pytest.mark.parametrize(
    ("grant", "told"),
    [
        ("nobodys", ["no installed package provides it", "password, refresh_token", "crm_oauth.grants"]),
        ("unimportable", ["faulty_import:Grant", "a_library_that_is_not_installed"]),
        ("absent_class", ["faulty_class:AbsentClass", "cannot be imported"]),
        ("no_grant", ["faulty_class:NoGrant", "no subclass of Grant"]),
        ("half_a_grant", ["faulty_class:HalfAGrant", "identify()"]),
    ],
)
def test_told_and_stopped(site: Site, grant: str, told: list[str]) -> None:
    """`serve` and `profile check` name the grant and what is wrong with it, in one line, and end with status 1."""
    profile = profile_with(grant, site.folder)
    site.environment["CRM_OAUTH_PROFILE"] = profile
    for command in (["serve"], ["profile", "check", profile]):
        done = site.command(*command)
        assert done.returncode == 1
        [line] = done.stderr.splitlines()
        assert all(words in line for words in [repr(grant), *told]), line
