"""So many in such a time: a rate as an operator writes it, and the arithmetic of a leaking bucket (GCRA)."""

import re
from dataclasses import dataclass
from typing import Self

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_WRITTEN = re.compile(r"([0-9]{1,9})/([0-9]{0,5})([smhd])")


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and as many again spread over a time.

    Args:
        count: how many at once.
        seconds: in which as many are allowed again.
    """

    count: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what an operator wrote, such as `10/30m`, ten in thirty minutes, or `600/m`.

        Raises:
            ValueError: it is something else, or nothing at all would be allowed.
        """
        match = _WRITTEN.fullmatch(text.strip())
        if match is None or not (int(match[1]) and int(match[2] or 1)):
            raise ValueError("should be a number and a time, such as 10/30m")
        return cls(int(match[1]), int(match[2] or 1) * _UNITS[match[3]])

    def share(self, parts: int) -> "Rate":
        """Return the part of one of several that count apart; each may have one at least."""
        return Rate(max(1, self.count // parts), self.seconds)

    @property
    def pause(self) -> float:
        """Seconds in which one is forgotten."""
        return self.seconds / self.count

    def left(self, level: float, since: float, now: float) -> float:
        """Return what is left of a level.

        Args:
            level: what it was; each count adds one.
            since: when it was that, in seconds.
            now: in seconds.
        """
        return max(0.0, level - max(0.0, now - since) / self.pause)

    def wait(self, level: float) -> float:
        """Return the seconds until one more is allowed; 0 if it is now.

        Args:
            level: what is left now.
        """
        return max(0.0, (level + 1 - self.count) * self.pause)

    def __str__(self) -> str:
        unit = next(unit for unit, length in reversed(_UNITS.items()) if self.seconds % length == 0)
        return f"{self.count}/{self.seconds // _UNITS[unit]}{unit}"
