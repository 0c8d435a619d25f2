"""PHP files that assign plain values to one variable, such as SuiteCRM's `config.php`: read, never executed."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

PhpKey: TypeAlias = int | str
PhpValue: TypeAlias = "bool | int | float | str | PhpArray | None"
PhpArray: TypeAlias = dict[PhpKey, PhpValue]

_DEEPEST = 64

_TOKEN = re.compile(
    r"""
      (?P<blank>   \s+ | /\*.*?\*/ | (?:\#|//)(?:(?!\?>)[^\r\n])* )
    | (?P<quoted>  '(?:[^'\\]|\\.)*' )
    | (?P<escaped> "(?:[^"\\$]|\\[^u])*" )
    | (?P<float>   (?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)? | [0-9]+[eE][+-]?[0-9]+ )
    | (?P<int>     (?:0|[1-9][0-9]*)(?![0-9A-Za-z_]) )
    | (?P<name>    \$?[A-Za-z_][A-Za-z0-9_]* )
    | (?P<mark>    => | \?> | [=()\[\],;.-] )
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_ESCAPE = re.compile(r"\\(?:(?P<octal>[0-7]{1,3})|x(?P<hex>[0-9A-Fa-f]{1,2})|(?P<sign>.))", re.DOTALL)
_SIGNS = {"n": "\n", "r": "\r", "t": "\t", "v": "\v", "e": "\x1b", "f": "\f", "\\": "\\", "$": "$", '"': '"'}
_WORDS: dict[str, PhpValue] = {"true": True, "false": False, "null": None}
_INTEGER_KEY = re.compile(r"0|-?[1-9][0-9]{0,17}", re.ASCII)


def _quoted(text: str) -> str:
    return _decoded(re.sub(r"\\([\\'])", r"\1", text[1:-1]))


def _escaped(text: str) -> str:
    return _decoded(_ESCAPE.sub(_unescaped, text[1:-1]))


def _unescaped(escape: re.Match[str]) -> str:
    if escape["sign"] is not None:
        # PHP keeps the backslash of an escape that it does not know.
        return _SIGNS.get(escape["sign"], escape[0])
    return chr(int(escape["octal"], 8) & 0xFF if escape["octal"] else int(escape["hex"], 16))


def _decoded(letters: str) -> str:
    return letters.encode("latin-1").decode("utf-8", "surrogateescape")


_LITERALS: dict[str, Callable[[str], PhpValue]] = {"quoted": _quoted, "escaped": _escaped, "int": int, "float": float}


class PhpSyntaxError(ValueError):
    """A PHP file holds something else than plain values; the text names the line and quotes nothing."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


def read_assignments(source: bytes, variable: str, before: PhpArray | None = None) -> PhpArray:
    """Return the array that a PHP file leaves in a variable.

    Statements like `$variable = array (…);` and `$variable['key'][0] = …;` are understood, with strings, numbers,
    booleans, null, arrays and the concatenation of strings: what `var_export` writes, and people who change it.

    Args:
        source: the file's bytes; strings in it are taken for UTF-8, other bytes kept as lone surrogates.
        variable: its name, without the dollar sign.
        before: the array that it holds at the start of the file; left as it is.

    Raises:
        PhpSyntaxError: anything else, such as a condition, a call, a constant or another variable.
    """
    return _Reader(source, variable, before or {}).read()


class _Reader:
    """One pass over a file, a token ahead."""

    def __init__(self, source: bytes, variable: str, before: PhpArray) -> None:
        # A letter a byte, as PHP reads it, until a string's end.
        self._tokens = _tokens(source.decode("latin-1"))
        self._variable = f"${variable}"
        self._root: PhpArray = {"": _copied(before)}
        self._next = next(self._tokens)

    def read(self) -> PhpArray:
        while self._next.kind != "end":
            if not (self._takes("?>") or self._takes(";")):
                self._statement()
        array = self._root[""]
        if not isinstance(array, dict):
            raise self._fault("the variable holds no array")
        return array

    def _statement(self) -> None:
        self._expect(self._variable)
        holder, key = self._root, ""
        place: tuple[PhpArray, PhpKey] = (holder, key)
        while self._takes("["):
            inner = self._array_at(*place)
            place = (inner, _next_index(inner) if self._next.text == "]" else self._key())
            self._expect("]")
        self._expect("=")
        holder, last = place
        holder[last] = self._value(0)
        if self._next.text != "?>":
            self._expect(";")

    def _array_at(self, holder: PhpArray, key: PhpKey) -> PhpArray:
        inner = holder.get(key)
        if inner is None:
            inner = holder[key] = {}
        if not isinstance(inner, dict):
            raise self._fault("a key of a value that is no array")
        return inner

    def _key(self) -> PhpKey:
        return self._as_key(self._value(0))

    def _as_key(self, value: PhpValue) -> PhpKey:
        match value:
            case str():
                return int(value) if _INTEGER_KEY.fullmatch(value) else value
            case bool() | int():
                return int(value)
            case None:
                return ""
        raise self._fault("a key that is neither text nor an integer")

    def _value(self, depth: int) -> PhpValue:
        value = self._term(depth)
        while self._takes("."):
            following = self._term(depth)
            if not (isinstance(value, str) and isinstance(following, str)):
                raise self._fault("a concatenation of something else than strings")
            value += following
        return value

    def _term(self, depth: int) -> PhpValue:
        if depth > _DEEPEST:
            raise self._fault("arrays in too many arrays")
        token = self._advance()
        if token.kind in _LITERALS:
            return _LITERALS[token.kind](token.text)
        match token.text.lower():
            case "array":
                self._expect("(")
                return self._array(")", depth + 1)
            case "[":
                return self._array("]", depth + 1)
            case "-" if self._next.kind in {"int", "float"}:
                return _LITERALS[self._next.kind](f"-{self._advance().text}")
            case word if word in _WORDS:
                return _WORDS[word]
        raise self._fault("something that is no plain value", token)

    def _array(self, end: str, depth: int) -> PhpArray:
        array: PhpArray = {}
        while not self._takes(end):
            value = self._value(depth)
            if self._takes("=>"):
                array[self._as_key(value)] = self._value(depth)
            else:
                array[_next_index(array)] = value
            if self._next.text != end:
                self._expect(",")
        return array

    def _advance(self) -> _Token:
        token = self._next
        if token.kind == "end":
            raise self._fault("an unexpected end")
        self._next = next(self._tokens)
        return token

    def _takes(self, text: str) -> bool:
        if self._next.kind not in {"mark", "name"} or self._next.text != text:
            return False
        self._advance()
        return True

    def _expect(self, text: str) -> None:
        if not self._takes(text):
            raise self._fault(f"something else than `{text}`")

    def _fault(self, what: str, token: _Token | None = None) -> PhpSyntaxError:
        return PhpSyntaxError(f"line {(token or self._next).line} has {what}")


def _tokens(text: str) -> Iterator[_Token]:
    opening = re.match(r"<\?php(?=\s)", text)
    if opening is None:
        raise PhpSyntaxError("line 1 does not begin with `<?php`")
    at, line = opening.end(), 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise PhpSyntaxError(f"line {line} has something that is no plain value")
        if match.lastgroup and match.lastgroup != "blank":
            yield _Token(match.lastgroup, match[0], line)
        line += match[0].count("\n")
        at = match.end()
        if match[0] == "?>" and text[at:].strip():
            raise PhpSyntaxError(f"line {line} has something after `?>`")
    yield _Token("end", "", line)


def _next_index(array: PhpArray) -> int:
    return max((key for key in array if isinstance(key, int) and key >= 0), default=-1) + 1


def _copied(array: PhpArray) -> PhpArray:
    return {key: _copied(value) if isinstance(value, dict) else value for key, value in array.items()}
