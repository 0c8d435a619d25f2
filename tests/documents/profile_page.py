"""The two tables of docs/profiles.md, from the profiles that ship and what is said in them."""

import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from crm_oauth.profiles import Profile, load_profile, profile_names
from tests.documents.markdown import code, table
from tests.documents.reading import ROOT

_LINE = re.compile(r"(?P<comment># ?.*)|\[(?P<table>[\w.]+)\]|(?P<key>\w+) = ")
_WORDS: dict[Any, str] = {str: "text", list: "a list of texts", dict: "names and texts"}
_SAID = ("version", "stands_for")


def profile_page() -> str:
    """Return the page, its tables made anew."""
    text = (ROOT / "docs/profiles.md").read_text()
    for name, made in {"differences": _differences(), "keys": _keys()}.items():
        text, found = re.subn(
            rf"(<!-- {name}: .*? -->\n).*?(<!-- end -->)",
            lambda mark, made=made: f"{mark[1]}\n{made}\n{mark[2]}",  # type: ignore[misc]  # the default binds it
            text,
            flags=re.DOTALL,
        )
        assert found == 1, name
    return text


def _differences() -> str:
    values = {name: dict(_flat(load_profile(name))) for name in profile_names()}
    keys = [
        key for key in values["7.10.2"] if key not in _SAID and len({str(each[key]) for each in values.values()}) > 1
    ]
    rows = [(code(key), *(_short(each[key]) for each in values.values())) for key in keys]
    return table(("key", *values), rows)


def _keys() -> str:
    comments = dict(_comments((ROOT / "config" / "default.toml").read_text()))
    rows = [(code(key), takes, comments[key]) for key, takes in _takes(Profile)]
    return table(("key", "takes", "what it decides"), rows)


def _flat(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, object]]:
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _short(value: object) -> str:
    if isinstance(value, list | dict):
        return ", ".join(map(code, value)) if 0 < len(value) <= 3 else f"{len(value) or 'none'}"
    return code(str(value)) if value else "empty"


def _takes(section: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, field in section.model_fields.items():
        kind: Any = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _takes(kind, f"{prefix}{name}.")
        elif get_origin(kind) is Literal:
            yield prefix + name, ", ".join(map(code, get_args(kind)))
        elif name == "lifetime":
            yield prefix + name, "an ISO 8601 duration"
        else:
            yield prefix + name, _WORDS[get_origin(kind) or kind]


def _comments(text: str) -> Iterator[tuple[str, str]]:
    """Yield each key with the comment above it; an empty line ends a comment."""
    section, comment = "", list[str]()
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None:
            comment = comment if line.strip() else []
        elif match["comment"]:
            comment.append(match["comment"].removeprefix("#").strip())
        elif match["table"]:
            section, comment = f"{match['table']}.", []
        else:
            yield section + match["key"], " ".join(comment)
            comment = []
