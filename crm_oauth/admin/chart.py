"""A chart as SVG: token requests by hour, issued ones above the line by grant, refused ones below it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, log10
from typing import ClassVar

from crm_oauth.store.statistics import HourlyCount

_WIDTH, _HEIGHT = 960, 232
_LEFT, _TOP, _BOTTOM = 44, 10, 24  # room for numbers, for nothing, and for the hours
_GRANTS = ("password", "client_credentials", "refresh_token")
_GAP = 0.28  # of an hour's width, between two bars
_LEAST = 1.5  # pixels, so that one request among thousands is seen


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of the chart, in its units.

    Args:
        x: of its left edge.
        y: of its upper edge.
        width: to the right.
        height: downwards.
        kind: what it stands for, as a class of the style sheet.
    """

    x: float
    y: float
    width: float
    height: float
    kind: str


@dataclass(frozen=True, slots=True)
class Bar:
    """An hour.

    Args:
        hour: its beginning, aware.
        issued: how many, by grant.
        refused: how many.
        blocks: what is drawn.
        middle: of the bar, from the left.
        slot: left edge and width of the hour's whole strip.
    """

    hour: datetime
    issued: dict[str, int]
    refused: int
    blocks: tuple[Block, ...]
    middle: float
    slot: tuple[float, float]

    @property
    def total(self) -> int:
        """How many were issued."""
        return sum(self.issued.values())


@dataclass(frozen=True, slots=True)
class Chart:
    """The whole; the page draws its frame by the sizes here.

    Args:
        bars: an hour each.
        lines: heights of the lines across, each with its number.
        grants: those that there are anything of.
    """

    width: ClassVar[int] = _WIDTH
    height: ClassVar[int] = _HEIGHT
    left: ClassVar[int] = _LEFT
    top: ClassVar[int] = _TOP
    bottom: ClassVar[int] = _HEIGHT - _BOTTOM

    bars: tuple[Bar, ...]
    lines: tuple[tuple[float, int], ...]
    grants: tuple[str, ...]

    @property
    def issued(self) -> int:
        """How many were issued in all."""
        return sum(bar.total for bar in self.bars)

    @property
    def refused(self) -> int:
        """How many were refused in all."""
        return sum(bar.refused for bar in self.bars)


def draw(counts: Iterable[HourlyCount], *, first: datetime, hours: int) -> Chart:
    """Draw a chart.

    Args:
        counts: what happened.
        first: the beginning of the first hour, aware.
        hours: how many there are.
    """
    issued: dict[datetime, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    refused: dict[datetime, int] = defaultdict(int)
    for each in counts:
        if each.refused:
            refused[each.hour] += each.number
        else:
            issued[each.hour][each.grant_type if each.grant_type in _GRANTS else "other"] += each.number
    above = max((sum(grants.values()) for grants in issued.values()), default=0)
    below = max(refused.values(), default=0)
    step = _step(max(above, below))
    top, bottom = max(ceil(above / step), 1) * step, ceil(below / step) * step
    scale = (_HEIGHT - _TOP - _BOTTOM) / (top + bottom)
    zero = _TOP + top * scale
    slot = (_WIDTH - _LEFT) / hours
    bars = []
    for number in range(hours):
        hour, left = first + timedelta(hours=number), _LEFT + number * slot
        grants = {grant: issued[hour][grant] for grant in (*_GRANTS, "other") if issued[hour][grant]}
        blocks = tuple(_blocks(left + slot * _GAP / 2, slot * (1 - _GAP), zero, scale, grants, refused[hour]))
        bars.append(Bar(hour, grants, refused[hour], blocks, left + slot / 2, (left, slot)))
    lines = tuple((zero - value * scale, abs(value)) for value in range(-bottom, top + 1, step))
    present = tuple(grant for grant in (*_GRANTS, "other") if any(grant in bar.issued for bar in bars))
    return Chart(tuple(bars), lines, present)


def _blocks(  # noqa: PLR0913, PLR0917  # a bar's place, scale and content
    x: float, width: float, zero: float, scale: float, grants: dict[str, int], refused: int
) -> Iterator[Block]:
    y = zero
    for grant, number in grants.items():
        height = max(number * scale, _LEAST)
        y -= height
        yield Block(x, y, width, height, grant)
    if refused:
        yield Block(x, zero + 1, width, max(refused * scale, _LEAST), "refused")


def _step(most: int) -> int:
    """Return a round number of which about three go into the greatest."""
    if most <= 3:  # noqa: PLR2004  # single requests are counted singly
        return 1
    unit: int = 10 ** int(log10(most / 3))
    return next(unit * factor for factor in (1, 2, 5, 10) if unit * factor * 4 >= most)
