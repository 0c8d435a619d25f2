"""Kinds of values that options and arguments take."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from crm_oauth.oauth.registry import GrantRegistry


class Text(click.ParamType[str]):
    """One line that fits its column and can be read on a screen.

    Args:
        limit: characters at most.
    """

    name = "text"

    def __init__(self, limit: int) -> None:
        self._limit = limit

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse what does not fit, control characters, and blanks at either end."""
        if not (0 < len(value) <= self._limit and value.isprintable() and value == value.strip()):
            self.fail(f"takes 1 to {self._limit} printable characters, no blank at either end.", param, ctx)
        return value


class ClientId(Text):
    """The id of a new client, which is a part of an address in the panel."""

    name = "id"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse as any text, and what would be two parts of an address."""
        if "/" in value:
            self.fail("takes no slash: the panel could not show such a client.", param, ctx)
        return super().convert(value, param, ctx)


class GrantType(click.ParamType[str]):
    """The name of an installed grant; what a client's row holds is that grant's `grant_type`."""

    name = "grant"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Turn the name into the `grant_type`."""
        registry = GrantRegistry.discover()
        installed = [grant.name for grant in registry.describe()]
        if value not in installed:
            self.fail(f"{value!r} is not installed; there is: {', '.join(installed)}.", param, ctx)
        [grant] = registry.select([value])
        return grant.GRANT_TYPE


class Age(click.ParamType[timedelta]):
    """A span of time such as 30d."""

    name = "age"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Turn a number and its unit into a span."""
        match = re.fullmatch(r"([0-9]{1,5})([smhdw])", value)
        if match is None:
            self.fail("takes a number and one of s, m, h, d and w, for instance 30d.", param, ctx)
        units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
        return timedelta(**{units[match[2]]: int(match[1])})


class TimeZone(click.ParamType[ZoneInfo]):
    """A zone's IANA name, such as Europe/Berlin."""

    name = "zone"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> ZoneInfo:
        """Find the zone."""
        try:
            return ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.fail(f"{value!r} is no time zone that this machine knows.", param, ctx)
