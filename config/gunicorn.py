"""How gunicorn serves `app:create_app()`; `crm-oauth serve` starts it so."""  # noqa: INP001  # gunicorn wants a file, not a package

import gc
import os
import sys
from pathlib import Path
from typing import Any

from crm_oauth.cores import keep_to, own_core
from crm_oauth.observe.shared_counts import remove_counts, share_counts
from crm_oauth.settings import Settings

_settings = Settings.load()

# Programs are looked for in the working directory last, though gunicorn would begin there: an `app.py` or a `grants/`
# that somebody keeps beside the `.env` is not ours.
_here = os.getcwd()  # noqa: PTH109  # as gunicorn spells it
sys.path[:] = [*(_place for _place in sys.path if _place != _here), _here]

bind = _settings.bind
workers = _settings.workers
worker_class = "crm_oauth.web.gunicorn_worker.Worker"
threads = _settings.threads
loglevel = _settings.log_level
logger_class = "crm_oauth.observe.gunicorn_logs.GunicornLogger"
proc_name = "crm-oauth"

# Each worker builds its own application: one shared before the fork would share its database connections.
preload_app = False
# Nobody shall steer the workers but by signals.
control_socket_disable = True
# Outcomes are logged by the application, without what a request line may carry.
accesslog = None

# Seconds. A worker's threads may take long, its main loop may not.
timeout = 30
graceful_timeout = 30
# Longer than a front end's usual pause between two requests on a connection.
keepalive = 5
backlog = 2048
# A worker is good for any number of requests.
max_requests = 0

# Bytes. A Basic header holds an id and a secret of up to 8 kB each.
limit_request_line = 4094
limit_request_fields = 100
limit_request_field_size = 32 * 1024

# No forwarded header is believed here, whoever sends it: the application knows which proxies to trust.
forwarded_allow_ips = ""
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}

# A socket of `unix:PATH` is for its owner and group, where a front end belongs.
umask = 0o007
# Heartbeats on a disk would stall a worker whenever the disk is busy.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # files are unlinked at once

# Where the workers keep what they count for /metrics, as files that each of them maps; the library wants to know it
# before it is imported. A reload (HUP) reads this file again, and goes on counting.
_counts = share_counts(os.getpid())

# Each worker has an application of its own; the code of all is read once, and lies in memory once, for the collector of
# garbage, which writes to all that it looks at, looks at none of it any more.
import app  # noqa: E402, F401  # not before the directory of the counts is known; workers use it

gc.collect()
gc.freeze()


def pre_fork(server: Any, worker: Any) -> None:  # noqa: ANN401  # gunicorn has no types
    """Choose a worker's core."""
    worker.core = own_core(server.num_workers, [other.core for other in server.WORKERS.values()])


def post_fork(_server: Any, worker: Any) -> None:  # noqa: ANN401  # same
    """Keep a worker to its core, before it starts threads."""
    keep_to(worker.core)


def child_exit(_server: Any, worker: Any) -> None:  # noqa: ANN401  # same
    """Forget what was true of a worker only while it lived; what it counted stays."""
    from prometheus_client import multiprocess  # noqa: PLC0415  # not before the directory is known

    from crm_oauth.web.gunicorn_worker import Worker  # noqa: PLC0415  # gunicorn does so when it needs it

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # as it is
    Worker.loads.forget(worker.age)


def on_exit(_server: Any) -> None:  # noqa: ANN401  # same
    """Remove the counts: the next server begins anew."""
    remove_counts(_counts)
