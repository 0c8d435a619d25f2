"""Counts failures in Redis."""

from collections.abc import Mapping, Sequence

from redis import Redis, RedisError

from crm_oauth.limits.counter import CounterUnavailable
from crm_oauth.rates import Rate

_PREFIX = "crm-oauth:guesses:"
_TIMEOUT = 0.5  # seconds; who waits longer for a count makes everybody wait

# Atomic, as every script of Redis is. A key lives as long as anything of its level is left.
_ADD = """
local old = redis.call('HMGET', KEYS[1], 'level', 'at')
local now, pause = tonumber(ARGV[1]), tonumber(ARGV[2])
local passed = math.max(0, now - tonumber(old[2] or now))
local level = math.max(0, tonumber(old[1] or 0) - passed / pause) + 1
redis.call('HSET', KEYS[1], 'level', tostring(level), 'at', ARGV[1])
redis.call('EXPIRE', KEYS[1], math.ceil(level * pause) + 1)
return tostring(level)
"""


class RedisCounter:
    """`FailureCounter` over a Redis that all processes, on any number of machines, share.

    Args:
        url: such as `redis://HOST:6379/0`.

    Raises:
        ValueError: it is no such URL.
    """

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(
            url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT, decode_responses=True
        )
        self._add = self._redis.register_script(_ADD)

    def ping(self) -> None:
        """Ask for an answer.

        Raises:
            CounterUnavailable: there is none.
        """
        try:
            self._redis.ping()
        except RedisError as error:
            raise CounterUnavailable(str(error)) from error

    def read(self, rates: Mapping[str, Rate], now: float) -> Sequence[float]:
        """Return what is left of each subject's failures."""
        try:
            with self._redis.pipeline(transaction=False) as pipeline:
                for name in rates:
                    pipeline.hmget(_PREFIX + name, ["level", "at"])
                found = pipeline.execute()
        except RedisError as error:
            raise CounterUnavailable(str(error)) from error
        return [
            rate.left(float(level), float(at), now) if level else 0.0
            for rate, (level, at) in zip(rates.values(), found, strict=True)
        ]

    def add(self, subject: str, rate: Rate, now: float) -> float:
        """Count a failure."""
        try:
            return float(self._add(keys=[_PREFIX + subject], args=[repr(now), repr(rate.pause)]))
        except RedisError as error:
            raise CounterUnavailable(str(error)) from error

    def forget(self, subject: str) -> None:
        """Forget a subject's failures."""
        try:
            self._redis.delete(_PREFIX + subject)
        except RedisError as error:
            raise CounterUnavailable(str(error)) from error
