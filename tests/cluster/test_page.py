"""What the page on many nodes shows beyond the files and statements that its clusters are made with."""

import re

import pytest

from crm_oauth.store.db import Database
from tests.support.documents import ROOT
from tests.support.galera import DOCUMENT

_URLS = re.findall(r"^CRM_OAUTH_DATABASE_URL=(.*)$", (ROOT / DOCUMENT).read_text(), re.MULTILINE)


@pytest.mark.parametrize("url", _URLS)
def test_every_server_of_a_url_is_understood(url: str) -> None:
    """Each URL on the page is taken, with all of its servers."""
    database = Database(url)
    assert list(database.url.query["host"]) == url.partition("@")[2].partition("/")[0].split(",")
    database.dispose()


def test_there_is_one_for_each_kind() -> None:
    """The page shows how to name Galera's nodes, and PostgreSQL's two."""
    assert {url.partition(":")[0] for url in _URLS} == {"mysql", "postgresql"}
