"""A reload is no fault: nobody who asks meanwhile notices."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from tests.faults.kinds import reload
from tests.support.site import Site
from tests.wire.conftest import fill_as_recorded
from tests.wire.traffic import new_token, verdict

_CLIENTS = 4


def test_reloads_drop_no_answer(tmp_path: Path) -> None:
    """While workers are replaced three times by HUP, every token that is asked for is granted, and passes at once."""
    site = Site(tmp_path, "7.10.2", settings={"WORKERS": "2"})
    site.fill(fill_as_recorded)
    over = Event()
    granted: list[str] = []

    def ask() -> None:
        while not over.is_set():
            granted.append(new_token(site))
            assert verdict(site, granted[-1]) == 204

    with site, ThreadPoolExecutor(_CLIENTS) as threads:
        clients = [threads.submit(ask) for _ in range(_CLIENTS)]
        try:
            for _ in range(3):
                before = len(granted)
                reload(site, None)
                while len(granted) < before + 20 and not any(client.done() for client in clients):
                    time.sleep(0.02)
        finally:
            over.set()
        for client in clients:
            client.result()
