"""The reference is what the program says."""

import pytest

from crm_oauth.compat.faults import Meaning
from tests.documents.causes import BEARERS, EVERYWHERE, TOKEN_REQUESTS
from tests.documents.made import made_pages
from tests.documents.reading import ROOT


@pytest.mark.parametrize("path", made_pages())
def test_made_pages_are_up_to_date(path: str) -> None:
    """Each page that is made from the program is what the program makes now; `make docs` brings it up to date."""
    assert (ROOT / path).read_text() == made_pages()[path], "run: make docs"


def test_every_fault_is_explained_once() -> None:
    """Each fault that a request can have is in one section of the reference, with a cause and a cure."""
    explained = [meaning for section in (TOKEN_REQUESTS, BEARERS, EVERYWHERE) for meaning in section]
    assert sorted(explained, key=lambda meaning: meaning.value) == list(Meaning)
