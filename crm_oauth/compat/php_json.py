"""JSON text exactly as PHP's `json_encode` writes it."""

import json
import re

_ESCAPED_BY_DEFAULT = re.compile(r"[/\u0080-\U0010ffff]")
# PHP 7.1+ keeps escaping the two line terminators that JavaScript once forbade inside strings.
_ESCAPED_ALWAYS = re.compile("[\u2028\u2029]")
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def dumps(value: object, *, escape: bool = True) -> str:
    r"""Return compact JSON as PHP writes it.

    Args:
        value: Anything that JSON can hold; NaN and infinities are refused, as PHP does.
        escape: True is PHP's default (`/` becomes `\/`, non-ASCII becomes `\uXXXX`); False is
            `JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE`.

    Raises:
        ValueError: For NaN, infinities and, when escaping, lone surrogates.
    """
    text = _ENCODER.encode(value)
    return (_ESCAPED_BY_DEFAULT if escape else _ESCAPED_ALWAYS).sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    if match[0] == "/":
        return "\\/"
    utf16 = match[0].encode("utf-16-be")
    return "".join(f"\\u{utf16[i : i + 2].hex()}" for i in range(0, len(utf16), 2))
