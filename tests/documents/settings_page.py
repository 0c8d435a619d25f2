"""docs/reference/settings.md, from the fields of the settings."""

from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from zoneinfo import ZoneInfo

from annotated_types import Ge, Le
from pydantic import AnyUrl, SecretStr
from pydantic.fields import FieldInfo

from crm_oauth.rates import Rate
from crm_oauth.settings import PREFIX, Settings
from tests.documents.markdown import code, table

_INTRODUCTION = """\
# Settings

Environment variables, or lines of a `.env` file in the working directory; the environment prevails. An empty one counts
as unset. All are checked before anything starts, and every fault is named at once: an unknown name, a value that does
not fit, a file that cannot be read. `crm-oauth doctor` checks them without starting.

A secret is never printed, in no log and no message.

"""

_WORDS: dict[Any, str] = {
    bool: "`true` or `false`",
    int: "a whole number",
    str: "text",
    Path: "the path of a file",
    SecretStr: "text; a secret",
    AnyUrl: "a URL",
    Rate: "a number and a time, such as `10/30m`; `s`, `m`, `h`, `d`",
    ZoneInfo: "the name of a time zone",
}


def settings_page() -> str:
    """Return the page."""
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    return _INTRODUCTION + table(("variable", "takes", "default", "what it is"), rows)


def _row(name: str, field: FieldInfo) -> tuple[str, ...]:
    meaning, _, unset = str(field.description).partition("; unset: ")
    return code(PREFIX + name.upper()), _takes(field), _default(field) or unset or "none", meaning


def _takes(field: FieldInfo) -> str:
    [kind, *others] = _kinds(field.annotation)
    words = ", ".join(map(code, get_args(kind))) if get_origin(kind) is Literal else _WORDS.get(kind, "")
    if get_origin(kind) is tuple:
        words = "several, comma-separated" + ("; secrets" if SecretStr in get_args(kind) else "")
    assert words, f"no words for a setting of type {kind}"
    assert not others
    limits = [str(each.ge if isinstance(each, Ge) else each.le) for each in field.metadata if isinstance(each, Ge | Le)]
    return f"{words}, {' to '.join(limits)}" if limits else words


def _kinds(annotation: Any) -> Iterator[Any]:  # noqa: ANN401  # annotations have no type of their own
    if get_origin(annotation) is Annotated:
        yield from _kinds(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, UnionType):
        for each in get_args(annotation):
            yield from () if each is type(None) else _kinds(each)
    else:
        yield annotation


def _default(field: FieldInfo) -> str:
    value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    if value in (None, ()):
        return ""
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    return code(str(value).lower() if isinstance(value, bool) else str(value))
