"""The limits that the settings ask for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydantic import SecretStr

from crm_oauth.faults import StartupError
from crm_oauth.limits.counter import FailureCounter
from crm_oauth.limits.database_counter import DatabaseCounter
from crm_oauth.limits.falling_back import FallingBackCounter
from crm_oauth.limits.guesses import GuessGuard, GuessLimits
from crm_oauth.settings import PREFIX, Settings
from crm_oauth.store.db import Database

if TYPE_CHECKING:
    from crm_oauth.limits.redis_counter import RedisCounter


def guess_guard(settings: Settings, database: Database) -> GuessGuard:
    """Return what stands before each check of a password; Redis need not answer yet.

    Args:
        settings: the limits, and where failures are counted.
        database: where they are counted without Redis.

    Raises:
        StartupError: Redis cannot be used as it is set.
    """
    limits = GuessLimits(settings.guesses_per_user, settings.guesses_per_client, settings.guesses_per_address)
    return GuessGuard(_counter(settings, DatabaseCounter(database)), limits)


def ping_redis(settings: Settings) -> None:
    """Ask the Redis of the settings for an answer.

    Raises:
        StartupError: it cannot be used as it is set.
        CounterUnavailable: it gives none.
    """
    if settings.redis_url is None:
        raise StartupError([f"{PREFIX}REDIS_REQUIRED: there is no {PREFIX}REDIS_URL."])
    with _faults_told():
        _redis_counter(settings.redis_url).ping()


def _counter(settings: Settings, in_database: FailureCounter) -> FailureCounter:
    if settings.redis_url is None:
        return in_database
    with _faults_told():
        return FallingBackCounter(_redis_counter(settings.redis_url), in_database)


def _redis_counter(url: SecretStr) -> "RedisCounter":
    from crm_oauth.limits.redis_counter import RedisCounter  # noqa: PLC0415  # an extra that others do without

    return RedisCounter(url.get_secret_value())


@contextmanager
def _faults_told() -> Iterator[None]:
    try:
        yield
    except ImportError:
        raise StartupError([f"{PREFIX}REDIS_URL needs the package redis: pip install 'crm-oauth[redis]'."]) from None
    except ValueError:
        # The URL may hold a password, and so may what is said about it.
        raise StartupError([f"{PREFIX}REDIS_URL: should be a URL such as redis://HOST:6379/0."]) from None
