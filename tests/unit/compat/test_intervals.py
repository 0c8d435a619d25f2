"""Durations, with PHP as the judge."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import product

import pytest

from crm_oauth.compat.intervals import parse_interval
from tests.unit.compat import php

DURATIONS = ["PT1H", "P1M", "P2W", "P1Y2M10DT2H30M", "P13M", "P1Y", "PT36H", "P1MT1S", "PT90M", "P25D", "P0YT60S"]
MOMENTS = [
    "2026-01-31T23:59:59",
    "2028-01-31T00:00:00",
    "2026-01-29T12:00:00",
    "2028-02-29T08:30:00",
    "2026-12-31T23:59:59",
    "2026-11-22T06:30:00",
    "2100-02-28T23:00:00",
]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(2026, 1, 31, 12, tzinfo=UTC), datetime(2026, 3, 3, 12, tzinfo=UTC)),
        (datetime(2028, 1, 31, 12, tzinfo=UTC), datetime(2028, 3, 2, 12, tzinfo=UTC)),
        (datetime(2026, 12, 15, tzinfo=UTC), datetime(2027, 1, 15, tzinfo=UTC)),
    ],
)
def test_month_overflows_as_in_php(start: datetime, end: datetime) -> None:
    """A month from the 31st of January ends in March."""
    assert parse_interval("P1M").after(start) == end


def test_every_end_is_that_of_php() -> None:
    """DateTimeImmutable::add() agrees on each pair of a moment and a duration."""
    script = """
        $end = fn ($i) => (new DateTimeImmutable($i[0], new DateTimeZone('UTC')))->add(new DateInterval($i[1]));
        echo json_encode(array_map(fn ($i) => $end($i)->format('c'), $inputs));
    """
    pairs = list(product(MOMENTS, DURATIONS))
    ends = [parse_interval(text).after(datetime.fromisoformat(f"{moment}+00:00")) for moment, text in pairs]
    assert [end.isoformat() for end in ends] == php.run(script, *pairs)


@pytest.mark.parametrize(
    "text",
    [
        "", "P", "PT", "P1DT", "1M", "pt1h", "P1.5D", "P-1M", "PT1S1M", "PT1H1H", "P1W2D", "P1H", "PT1D", " P1M",
        "P1M ", "P1M\n", "P\u0661M", "3600", "P0D", "PT0S", "P0W", "P101Y", "P1300M", "P99999999W", "PT99999999999S",
    ],
)  # fmt: skip
def test_what_is_no_sensible_duration_is_refused(text: str) -> None:
    """Other texts than whole units in order, nothing at all and ages are refused."""
    with pytest.raises(ValueError, match="duration"):
        parse_interval(text)


@pytest.mark.parametrize("zone", [None, timezone(timedelta(hours=1))])
def test_moment_must_be_utc(zone: timezone | None) -> None:
    """A naive or local moment is a mistake of the caller."""
    with pytest.raises(ValueError, match="UTC"):
        parse_interval("P1M").after(datetime(2026, 1, 1, tzinfo=zone))
