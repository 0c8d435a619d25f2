"""Drives a server with wrk, and tells how quick it was and what it cost."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.processes import cpu_seconds, cpu_seconds_of_ended

_SCRIPT = Path(__file__).with_name("request.lua")


@dataclass(frozen=True)
class Request:
    """What is sent again and again.

    Args:
        path: of the endpoint.
        body: JSON or a form, by `content_type`; None for a GET. `REFRESH_TOKEN` in it stands for the present one.
        content_type: of the body.
        authorization: a header.
        refresh_tokens: as many as connections, to be redeemed over any of them.
    """

    path: str
    body: str | None = None
    content_type: str = "application/vnd.api+json"
    authorization: str = "-"
    refresh_tokens: Sequence[str] = field(default=())


@dataclass(frozen=True)
class Run:
    """What one run measured: latencies in milliseconds, CPU in milliseconds per answered request."""

    per_second: float
    median: float
    worst_percent: float
    failed: int
    server_cpu: float
    database_cpu: float
    load_cpu: float


def as_json(parameters: Mapping[str, str]) -> str:
    """Return the body that SuiteCRM's clients post."""
    return json.dumps(parameters)


def drive(  # noqa: PLR0913  # each is a knob of wrk's, or a process to look at
    url: str, request: Request, folder: Path, *, connections: int, seconds: int, server: int, database: int
) -> Run:
    """Send a request for some seconds over some connections, the next as soon as the last is answered.

    Args:
        url: of the server.
        request: what to send.
        folder: where wrk's input may lie.
        connections: as many requests are open at any time.
        seconds: to go on.
        server: process that answers.
        database: its database's process; 0 for none.
    """
    arguments = ["-", "-", request.authorization]
    if request.body is not None:
        (folder / "body").write_text(request.body)
        arguments[:2] = [str(folder / "body"), request.content_type]
    if request.refresh_tokens:
        (folder / "tokens").write_text("\n".join(request.refresh_tokens) + "\n")
        arguments.append(str(folder / "tokens"))
    method = "GET" if request.body is None else "POST"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(_SCRIPT)]
    before = cpu_seconds(server), cpu_seconds(database), cpu_seconds_of_ended()
    told = subprocess.run(
        [*command, url + request.path, "--", method, *arguments], capture_output=True, text=True, check=True
    ).stdout
    after = cpu_seconds(server), cpu_seconds(database), cpu_seconds_of_ended()
    [result] = [line.split()[1:] for line in told.splitlines() if line.startswith("RESULT")]
    requests, microseconds, middle, worst, failed = map(float, result)
    used = [1000 * (late - early) / max(requests, 1) for early, late in zip(before, after, strict=True)]
    return Run(requests / microseconds * 1e6, middle, worst, int(failed), *used)


def middle(runs: Sequence[Run]) -> Run:
    """Return the medians of several runs; failures add up."""
    names = ("per_second", "median", "worst_percent", "server_cpu", "database_cpu", "load_cpu")
    medians = {name: median(getattr(run, name) for run in runs) for name in names}
    return Run(failed=sum(run.failed for run in runs), **medians)
