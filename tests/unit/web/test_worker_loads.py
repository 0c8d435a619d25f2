"""What workers tell each other of their work."""

import os

from crm_oauth.web.worker_loads import WorkerLoads


def test_the_least_load_is_that_of_any_process() -> None:
    """What a forked process tells is seen by the one that forked it, until it is forgotten."""
    loads = WorkerLoads()
    assert loads.least() == 0
    loads.tell(1, 7)
    assert loads.least() == 7
    if not (child := os.fork()):
        loads.tell(2, 3)
        os._exit(0)
    os.waitpid(child, 0)
    assert loads.least() == 3
    loads.forget(2)
    assert loads.least() == 7
