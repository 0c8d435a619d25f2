"""What the panel made of secrets."""

from typing import Any

import pytest

from crm_oauth.compat.panel_escape import submitted_forms
from tests.unit.compat import vectors

ESCAPED = [example for example in vectors.load("hashes")["examples"] if "escaped_plain" in example]


@pytest.mark.parametrize("example", ESCAPED, ids=lambda example: f"{example['plain']} {example['scheme']}")
def test_recorded_escaped_form_is_found(example: dict[str, Any]) -> None:
    """Each escaped text that SuiteCRM hashed is among the forms of what was typed, and the raw text is first."""
    forms = submitted_forms(example["plain"])
    assert forms[0] == example["plain"]
    assert example["escaped_plain"] in forms


@pytest.mark.parametrize(
    ("typed", "forms"),
    [
        ("", ("",)),
        ("R&D & <x>", ("R&D & <x>", "R&D & &lt;x&gt;")),
        ("plain", ("plain",)),
        ("'`'", ("'`'", "&#039;`&#039;", "&#039;&#96;&#039;")),
        ("`", ("`", "&#96;")),
        ('&quot;"', ('&quot;"', "&#38;&quot;")),
        ("JavaScript:x", ("JavaScript:x", "java script:x")),
        ("java\u017fcript:", ("java\u017fcript:",)),
        ("a\0b", ("a\0b", "ab")),
    ],
)
def test_forms(typed: str, forms: tuple[str, ...]) -> None:
    """The forms are the raw text, the older escape and the newer one, each once."""
    assert submitted_forms(typed) == forms
