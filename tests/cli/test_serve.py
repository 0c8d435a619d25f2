"""`crm-oauth serve`: gunicorn, started and stopped."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crm_oauth.shipped import shipped
from tests.cli.conftest import SCRIPT, Installation
from tests.support.ports import free_port
from tests.support.programs import require_program


@contextmanager
def _serving(installation: Installation, *options: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """Start the server, and go on as soon as gunicorn says that it listens: the kernel keeps what comes early."""
    process = subprocess.Popen(
        [SCRIPT, "serve", *options],
        cwd=installation.folder,
        env=installation.environment(**settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    before = []
    with process:
        for line in process.stderr:
            before.append(line)
            if "Listening at" in line:
                break
        else:
            raise AssertionError("".join(before))
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.stderr.read()


def _children(server: subprocess.Popen[str]) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()]


@pytest.fixture
def port() -> int:
    """A port that nobody listens on."""
    return free_port()


def _curl(folder: Path, *arguments: str) -> str:
    command = [str(require_program("curl")), "--silent", "--show-error", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("kind", ["port", "socket"])
def test_the_printed_requests_get_tokens(empty: Installation, port: int, kind: str) -> None:
    """The lines of `init --demo`, pasted into a shell, get a token each; SIGTERM ends the server with status 0."""
    curl = require_program("curl")
    bind = {"port": f"127.0.0.1:{port}", "socket": f"unix:{empty.folder}/server.sock"}[kind]
    told = empty.run("init", "--demo", BIND=bind).stdout
    lines = [line for line in told.splitlines() if line.startswith("curl ")]
    with _serving(empty, BIND=bind) as server:
        for line in lines:
            pasted = line.replace("curl", f"{curl} --silent --show-error", 1)
            answer = subprocess.run(["/bin/sh", "-c", pasted], capture_output=True, text=True, check=True).stdout
            assert json.loads(answer)["token_type"] == "Bearer"
    assert len(lines) == 2
    assert server.returncode == 0


def test_options_prevail_over_settings(ready: Installation, port: int) -> None:
    """`--bind` and `--workers` are what the server does, whatever the environment says."""
    options = ("--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "2")
    with _serving(ready, *options, BIND="127.0.0.1:1", WORKERS="2") as server:
        assert json.loads(_curl(ready.folder, f"http://127.0.0.1:{port}/readyz"))["status"] == "ok"
        assert len(_children(server)) == 1


def test_gunicorn_believes_no_forwarded_header(ready: Installation, port: int) -> None:
    """What only a proxy may say changes nothing, even when it comes from this machine."""
    with _serving(ready, "--bind", f"127.0.0.1:{port}"):
        for header in ("SCRIPT_NAME: /elsewhere", "PATH_INFO: /elsewhere", "X-Forwarded-Prefix: /elsewhere"):
            assert json.loads(_curl(ready.folder, "-H", header, f"http://127.0.0.1:{port}/healthz")) == {"status": "ok"}


def test_workers_share_what_they_have_imported(ready: Installation, port: int) -> None:
    """Less than a third of a worker's memory is its own; of one that imported the program itself two thirds are."""
    with _serving(ready, "--bind", f"127.0.0.1:{port}", "--workers", "2") as server:
        _curl(ready.folder, "--fail", f"http://127.0.0.1:{port}/healthz")
        for worker in _children(server):
            lines = Path(f"/proc/{worker}/smaps_rollup").read_text().splitlines()[1:]
            kilobytes = {name: int(amount.split()[0]) for name, amount in (line.split(":") for line in lines)}
            assert kilobytes["Private_Dirty"] < kilobytes["Rss"] / 3


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("THREADS=many", "THREADS"),
        ("PROFILE=9.9.9", "9.9.9"),
        ("BIND=127.0.0.1:many", "BIND"),
        ("BIND=unix:elsewhere.sock", "BIND has changed"),
    ],
)
def test_a_reload_with_faults_changes_nothing(ready: Installation, port: int, fault: str, told: str) -> None:
    """Settings with a fault are told at a HUP and not taken, not even by the next worker; mended ones are taken."""
    settings = ready.folder / ".env"
    settings.write_text(f"CRM_OAUTH_BIND=127.0.0.1:{port}\n")
    with _serving(ready, "--workers", "1") as server:
        assert server.stderr
        settings.write_text(f"CRM_OAUTH_{fault}\n")
        server.send_signal(signal.SIGHUP)
        assert told in next(line for line in server.stderr if "Not reloaded" in line)
        os.kill(_children(server)[0], signal.SIGKILL)
        assert next(line for line in server.stderr if "Booting worker" in line)
        _curl(ready.folder, "--fail", f"http://127.0.0.1:{port}/readyz")
        [old] = _children(server)
        settings.write_text(f"CRM_OAUTH_BIND=127.0.0.1:{port}\nCRM_OAUTH_PANEL=false\n")
        server.send_signal(signal.SIGHUP)
        assert next(line for line in server.stderr if f"Worker exiting (pid: {old})" in line)
        status = _curl(ready.folder, "-o", "/dev/null", "-w", "%{http_code}", f"http://127.0.0.1:{port}/admin/")
        assert status == "404"


def test_a_socket_is_not_for_everybody(ready: Installation) -> None:
    """A Unix socket is reached by its owner and group only."""
    with _serving(ready, "--bind", "unix:server.sock", "--workers", "1"):
        assert (ready.folder / "server.sock").stat().st_mode & 0o777 == 0o770


@pytest.mark.parametrize(("option", "status"), [("0", 2), ("many", 2), ("1000", 1)])
def test_a_bad_option_starts_nothing(ready: Installation, option: str, status: int) -> None:
    """A number that no server can have is refused before gunicorn starts."""
    assert "workers" in ready.refusal("serve", "--workers", option, status=status).lower()


def test_a_worker_that_cannot_boot_ends_the_server(empty: Installation, port: int) -> None:
    """Gunicorn started without `serve` stops with the faults' text instead of trying for ever."""
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        str(shipped("config") / "gunicorn.py"),
        "app:create_app()",
    ]
    environment = empty.environment(BIND=f"127.0.0.1:{port}")
    ended = subprocess.run(
        command, cwd=empty.folder, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode != 0
    assert "CRM_OAUTH_PRIVATE_KEY: there is no var/keys/private.key" in ended.stderr
