"""What strangers send never gets further than a refusal."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_oauth.compat.faults import Fault, Meaning
from crm_oauth.compat.league import Dialect
from tests.fuzz.conftest import few
from tests.fuzz.readers import TARGETS

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
CLAIMS = st.dictionaries(
    st.sampled_from(["client_id", "refresh_token_id", "access_token_id", "scopes", "user_id", "expire_time", "jti"]),
    DOCUMENTS,
)
SENT = st.binary(max_size=300) | (DOCUMENTS | CLAIMS).map(lambda document: json.dumps(document).encode())


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
@few
@given(data=SENT)
def test_readers_keep_their_word(target: Callable[[bytes], None], data: bytes) -> None:
    """Any bytes where a token belongs, sealed or signed or neither, are read or refused as the reader says."""
    target(data)


@pytest.mark.parametrize("name", ["league5", "league8", "rfc6749"])
@few
@given(meaning=st.sampled_from(Meaning), about=st.text(max_size=50), authorization=st.text(max_size=50))
def test_nothing_breaks_out_of_an_answer(name: str, meaning: Meaning, about: str, authorization: str) -> None:
    """Whatever was sent, an error is one JSON object of texts, with no markup and no second line in any header."""
    answer = Dialect(name).render(Fault(meaning, about), authorization)
    document = json.loads(answer.body)
    assert all(isinstance(text, str) for text in document.values())
    assert not {"<", ">"} & set(answer.body)
    assert all(value.isprintable() and value.isascii() for _, value in answer.headers)
