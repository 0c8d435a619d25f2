"""Forks `crm-oauth` commands, for whoever orders them through the socket that is its input.

Of a start's second of a processor nearly all goes into imports. Here they are made once. All else is as in a process of
its own: what is run, its environment, its folder, its output, and how it ends.
"""

import gc
import json
import os
import signal
import socket
import sys
import time
from importlib import import_module
from typing import Any

_IMPORTED = (
    "alembic.command",
    "crm_oauth.admin.blueprint",
    "crm_oauth.cli.program",
    "crm_oauth.oauth.server",
    "crm_oauth.web.api_routes",
    "crm_oauth.web.oauth_routes",
    "flask",
    "sqlalchemy.dialects.sqlite",
)
_NOT_IMPORTED = {"gunicorn.config", "prometheus_client"}
"""They learn at their import where a server runs, and where it counts."""

_LONGEST = 1 << 20


def _wait_for_orders(orders: socket.socket) -> dict[str, Any]:
    """Return an order in a new process, whose files are those that came with it; end with whoever gives them."""
    while True:
        order, files, _flags, _address = socket.recv_fds(orders, _LONGEST, 4)
        if not order:
            os._exit(0)
        *standard, report = files
        if os.fork() == 0 and not _watch(report):
            for number, file in enumerate(standard):
                os.dup2(file, number)
            for file in (*files, orders.detach()):
                os.close(file)
            return dict(json.loads(order))
        for file in files:
            os.close(file)


def _watch(report: int) -> int:
    """Fork; the parent tells the child's number, then its status, and ends with it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if child:
        os.closerange(0, 3)
        os.write(report, f"{child}\n".encode())
        _pid, status = os.waitpid(child, 0)
        os.write(report, f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os._exit(0)
    return child


def _main() -> None:
    for name in _IMPORTED:
        import_module(name)
    assert not _NOT_IMPORTED & set(sys.modules)
    gc.freeze()
    # Who watches over a command ends unseen.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    order = _wait_for_orders(socket.socket(fileno=os.dup(0)))
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    import_module("crm_oauth.cli.program").main(order["arguments"], prog_name="crm-oauth")


if __name__ == "__main__":
    _main()
