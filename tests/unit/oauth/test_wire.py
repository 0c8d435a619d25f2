"""Parameters are read by one strict rule, however they are sent."""

import json
from collections.abc import Sequence
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.oauth.wire import MAX_BODY, Parameters, read_params

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=0123456789abcdef"

NAMES = st.sampled_from(["grant_type", "client_id", "scope", "x"])
PAIRS = st.lists(st.tuples(NAMES, st.text(max_size=20)), max_size=8)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | NAMES, inner, max_size=3),
    max_leaves=8,
)


def _read(media_type: str, body: bytes) -> Parameters:
    builder = EnvironBuilder(method="POST", content_type=media_type, data=body)
    return read_params(Request(builder.get_environ()))


def _answers(parameters: Parameters) -> dict[str, str | None]:
    """What each parameter is: its text, None for missing, or "malformed"."""
    answers: dict[str, str | None] = {}
    for name in ("grant_type", "client_id", "scope", "x"):
        try:
            answers[name] = parameters.get(name)
        except OAuthFault:
            answers[name] = "malformed"
    return answers


def _is_json(document: object) -> bool:
    """Whether it holds none of the numbers that Python writes and JSON does not know."""
    try:
        json.dumps(document, allow_nan=False)
    except ValueError:
        return False
    return True


def _multipart(pairs: Sequence[tuple[str, str]]) -> bytes:
    boundary = MULTIPART.partition("=")[2]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="'
    return "".join(f'{head}{name}"\r\n\r\n{value}\r\n' for name, value in pairs).encode() + f"--{boundary}--".encode()


@settings(deadline=None)
@given(media_type=st.sampled_from([JSON, FORM, MULTIPART, "a/b+json", "text/plain", ""]), body=st.binary(max_size=300))
def test_bytes_of_any_kind(media_type: str, body: bytes) -> None:
    """Whatever is posted as whatever, reading it does not fail, and each parameter is a clean text or malformed."""
    for text in _answers(_read(media_type, body)).values():
        (text or "").encode()


@settings(deadline=None)
@given(document=DOCUMENTS)
def test_json_of_any_kind(document: object) -> None:
    """Of any JSON document, the texts at its top are the parameters, null is missing, the rest malformed."""
    answers = _answers(_read(JSON, json.dumps(document).encode()))
    members = document if isinstance(document, dict) else {}
    readable = _is_json(document)
    for name, text in answers.items():
        value = members.get(name) if readable else None
        if value is None or (isinstance(value, str) and "\0" not in value):
            assert text == value
        elif text != "malformed":
            pytest.fail(f"{name} is {text!r} of {value!r}")


@settings(deadline=None)
@given(pairs=PAIRS)
def test_kinds_of_bodies_agree(pairs: list[tuple[str, str]]) -> None:
    """The same pairs mean the same as a form, as multipart and as JSON, duplicates included."""
    members = ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in pairs)
    as_json = _answers(_read(JSON, f"{{{members}}}".encode()))
    assert _answers(_read(FORM, urlencode(pairs).encode())) == as_json
    assert _answers(_read(MULTIPART, _multipart(pairs))) == as_json


@settings(deadline=None)
@given(pairs=st.lists(st.tuples(NAMES, st.none() | st.integers() | st.text(max_size=3)), max_size=6))
def test_rule_of_duplicates(pairs: list[tuple[str, object]]) -> None:
    """A parameter is good if all that is sent of it, but for null, is one and the same usable text."""
    parameters = Parameters(pairs)
    for name, text in _answers(parameters).items():
        sent = {value for other, value in pairs if other == name and value is not None}
        good = len(sent) == 1 and all(isinstance(value, str) and "\0" not in value for value in sent)
        assert parameters.texts.get(name) == (text if good else None), "who only looks sees one that is malformed"
        assert text == (sent.pop() if good else "malformed" if sent else None)


@pytest.mark.parametrize("value", ["a\0", "\ud800", "a\udfff", "x" * 8193, True, 0, 1.5, [], ["a"], {}, {"a": "b"}])
def test_unusable_values(value: object) -> None:
    """What is no text, holds NUL or half a surrogate pair, or is over 8,192 characters, is malformed when read."""
    parameters = Parameters([("x", value), ("y", "good")])
    assert parameters.require("y") == "good"
    with pytest.raises(OAuthFault):
        parameters.get("x")


def test_longest_value() -> None:
    """A value of 8,192 characters is taken, and blanks, controls and emoji are nobody's business."""
    text = "\u00e9\U0001f600 \t\r\n\x7f".ljust(8192, "x")
    assert Parameters([("x", text)]).get("x") == text


def test_require() -> None:
    """What is required may be empty but not missing."""
    parameters = Parameters([("empty", ""), ("null", None)])
    assert parameters.require("empty") == ""
    for name in ("null", "absent"):
        with pytest.raises(OAuthFault):
            parameters.require(name)


@pytest.mark.parametrize("media_type", [JSON, FORM])
def test_longest_body(media_type: str) -> None:
    """A body of 64 KiB is read, one byte more is refused as too large."""
    start = b'{"x":"y"}' if media_type == JSON else b"x=y&z="
    assert _read(media_type, start.ljust(MAX_BODY)).get("x") == "y"
    with pytest.raises(RequestEntityTooLarge):
        _read(media_type, start.ljust(MAX_BODY + 1))


@pytest.mark.parametrize(
    ("media_type", "body", "told"),
    [
        (JSON, b'{"x": "y", "z": NaN}', None),
        (JSON, b'{"x": "y", "z": %s}' % (b"1" * 5000), "y"),
        (FORM, b"x=y" + b"&z=" * 999, "y"),
        (FORM, b"x=y" + b"&z=" * 1000, None),
        (FORM, b"x=%ff", "malformed"),
        (FORM, b"x=\xff", "malformed"),
    ],
    ids=["NaN", "a long number", "1000 fields", "1001 fields", "an escaped byte", "a byte"],
)
def test_odd_bodies(media_type: str, body: bytes, told: str | None) -> None:
    """What no JSON allows, or has too many fields, holds no parameter; a long number or odd byte spoils its own."""
    assert _answers(_read(media_type, body))["x"] == told


def test_query_string_is_never_read() -> None:
    """Parameters in the address do not count."""
    builder = EnvironBuilder(method="POST", query_string="x=address", content_type=FORM, data=b"y=body")
    parameters = read_params(Request(builder.get_environ()))
    assert (parameters.get("x"), parameters.get("y")) == (None, "body")
