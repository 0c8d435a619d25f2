"""JSON as PHP writes it."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_oauth.compat.php_json import dumps
from tests.unit.compat import php

VALUES = [
    "a/b\\/c",
    "\x7f\x80\u00ff\u0100\u2028\u2029\ufffd\uffff\U00010000\U0010ffff",
    "".join(map(chr, range(0x80))),
    "\\u007f \\u2028 \\/",
    {
        "aud": "Gr\u00fc\u00dfe/\u2603",
        "scopes": [],
        "n": [0, -1, 1795319849, True, False, None],
        "o": {"": "\U0001f600"},
    },
]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize("value", VALUES)
def test_escaped_text_is_what_php_writes(value: object) -> None:
    """By default the text is that of json_encode()."""
    assert dumps(value) == php.run("echo json_encode(json_encode($inputs[0]));", value)


@pytest.mark.parametrize("value", VALUES)
def test_unescaped_text_is_what_php_writes(value: object) -> None:
    """Without escapes the text is that of json_encode() with both flags, down to its two exceptions."""
    flags = "JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE"
    assert dumps(value, escape=False) == php.run(f"echo json_encode(json_encode($inputs[0], {flags}));", value)


@given(st.dictionaries(TEXTS, st.lists(TEXTS)), st.booleans())
def test_value_survives(value: object, escape: bool) -> None:  # noqa: FBT001 - hypothesis passes it by name
    """Whatever is escaped, a JSON reader gets the value back."""
    assert json.loads(dumps(value, escape=escape)) == value


@pytest.mark.parametrize("value", ["\ud800", math.nan, math.inf])
def test_what_php_refuses_is_refused(value: object) -> None:
    """Lone surrogates, NaN and infinities are no JSON."""
    with pytest.raises(ValueError):  # noqa: PT011 - each has its own text, Python's
        dumps(value)
