"""What the machine cannot do without: a signature, a password check, a durable commit, an answer to a request."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import mean
from threading import Thread

import bcrypt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from sqlalchemy import create_engine, make_url

from bench.processes import cpu_seconds

_ROW = "x" * 300
_ENOUGH = 2  # seconds of CPU over which a piece of work is repeated
_TABLE = "CREATE TABLE bench_commits (id VARCHAR(80) PRIMARY KEY, payload VARCHAR(400))"


@dataclass(frozen=True)
class Commits:
    """Durable commits of a single row: how many a second, and what each costs in milliseconds of CPU."""

    per_second: float
    client_cpu: float
    database_cpu: float


def signature() -> float:
    """Return the milliseconds of CPU of one RSA-2048 signature."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return _milliseconds(lambda: key.sign(b"x" * 300, padding.PKCS1v15(), hashes.SHA256()))


def password_check() -> float:
    """Return the milliseconds of CPU of one bcrypt check with 2^10 rounds."""
    stored = bcrypt.hashpw(b"bench", bcrypt.gensalt(10))
    return _milliseconds(lambda: bcrypt.checkpw(b"bench", stored))


def at_once(floor: Callable[[], float], processes: int) -> float:
    """Measure a floor in several processes at once, for cores that are all busy are slower each.

    Args:
        floor: a function of this module.
        processes: of the server.
    """
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return mean(measuring.result() for measuring in [pool.submit(floor) for _ in range(processes)])


def commits(url: str, *, processes: int, threads: int, seconds: int, database: int) -> Commits:
    """Measure with the driver of the server, and as many connections.

    Args:
        url: of an existing database.
        processes: of the server.
        threads: of each.
        seconds: to go on.
        database: process of the database; 0 for none.
    """
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS bench_commits")
        connection.exec_driver_sql(_TABLE)
    engine.dispose()
    before = cpu_seconds(database)
    command = [sys.executable, "-m", "bench.floors", url, str(threads), str(seconds)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    try:
        told = [json.loads(process.communicate()[0]) for process in running]
    finally:
        for process in running:
            process.kill()
            process.wait()
    used = cpu_seconds(database) - before
    done = sum(each["commits"] for each in told)
    return Commits(done / seconds, 1000 * sum(each["cpu"] for each in told) / done, 1000 * used / done)


def _milliseconds(work: Callable[[], object]) -> float:
    began, rounds = time.thread_time(), 0
    while time.thread_time() - began < _ENOUGH:
        work()
        rounds += 1
    return (time.thread_time() - began) / rounds * 1000


def _commit_for(url: str, threads: int, seconds: int) -> None:
    """Insert rows from several threads, each over a bare connection of the driver's, and print what it took."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT", pool_size=threads)
    mark = {"sqlite": "?"}.get(make_url(url).get_backend_name(), "%s")
    statement = f"INSERT INTO bench_commits VALUES ({mark}, {mark})"  # noqa: S608  # the driver's own marks
    lent = [engine.raw_connection() for _ in range(threads)]
    done = [0] * threads
    began, cpu = time.monotonic(), time.process_time()

    def insert(number: int) -> None:
        cursor = lent[number].cursor()
        if mark == "?":
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute("PRAGMA busy_timeout = 60000")
        while time.monotonic() - began < seconds:
            cursor.execute(statement, (f"{id(done)}-{began}-{number}-{done[number]}", _ROW))
            done[number] += 1

    workers = [Thread(target=insert, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    sys.stdout.write(json.dumps({"commits": sum(done), "cpu": time.process_time() - cpu}))


if __name__ == "__main__":
    _commit_for(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
