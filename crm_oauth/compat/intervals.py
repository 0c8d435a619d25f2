"""ISO 8601 durations with the arithmetic of PHP's `DateInterval`."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

_DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,8})W"
    r"|(?=.)(?:(?P<years>\d{1,8})Y)?(?:(?P<months>\d{1,8})M)?(?:(?P<days>\d{1,8})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,8})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,8})S)?)?)",
    re.ASCII,
)
_LONGEST = timedelta(days=100 * 366)


@dataclass(frozen=True, slots=True)
class Interval:
    """A span of calendar months and of time; its length in seconds depends on where it starts."""

    months: int
    time: timedelta

    def after(self, moment: datetime) -> datetime:
        """Return `moment` plus this interval.

        A day that the target month lacks overflows into the next month, as in PHP: 31 January plus one
        month is 3 March, or 2 March in a leap year.

        Args:
            moment: An aware time in UTC.

        Raises:
            ValueError: The moment is naive or in another zone, where clock changes would matter.
        """
        if moment.utcoffset() != timedelta(0):
            raise ValueError("intervals are added to aware UTC times")
        years, month = divmod(moment.month - 1 + self.months, 12)
        first = moment.replace(year=moment.year + years, month=month + 1, day=1)
        return first + timedelta(days=moment.day - 1) + self.time


def parse_interval(text: str) -> Interval:
    """Read a duration such as "PT1H", "P1M", "P2W" or "P1Y2M10DT2H30M".

    Raises:
        ValueError: Not a duration of whole units in that order, zero, or longer than about a century.
    """
    match = _DURATION.fullmatch(text)
    if not match:
        raise ValueError(f"not an ISO 8601 duration: {text!r}")
    part = {name: int(value or 0) for name, value in match.groupdict().items()}
    months = 12 * part.pop("years") + part.pop("months")
    time = timedelta(**part)
    if not timedelta(0) < timedelta(days=31 * months) + time <= _LONGEST:
        raise ValueError(f"a duration must be longer than zero and shorter than a century: {text!r}")
    return Interval(months, time)
