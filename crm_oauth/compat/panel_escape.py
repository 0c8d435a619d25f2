"""What SuiteCRM's web panel made of a password or client secret before hashing it."""

import re

_JAVASCRIPT = re.compile("javascript:", re.IGNORECASE | re.ASCII)
_REPLACEMENTS = (("&quot;", "&#38;"), ('"', "&quot;"), ("'", "&#039;"), ("<", "&lt;"), (">", "&gt;"))
_BACKTICK = ("`", "&#96;")


def submitted_forms(text: str) -> tuple[str, ...]:
    """Return every text that the panel may have hashed when a person typed `text`.

    The panel cleans all of `$_POST` first (`clean_incoming_data()`, SuiteCRM's include/utils.php), so a
    hash made there is the hash of the escaped text, while a JSON token request brings the raw one.

    Returns:
        The raw text first, then the escaped forms that differ from it: as older versions escape (backtick
        left alone), then as newer ones do. Usually only the raw text.
    """
    escaped = _JAVASCRIPT.sub("java script:", text).replace("\0", "")
    for plain, entity in _REPLACEMENTS:
        escaped = escaped.replace(plain, entity)
    return tuple(dict.fromkeys((text, escaped, escaped.replace(*_BACKTICK))))
