"""Nodes of ours behind one nginx, with the same keys, each beside a Galera node of its own."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import repeat
from pathlib import Path

from tests.faults import trial
from tests.faults.customers import fill
from tests.support.front_end import MANY_FROM_ONE_ADDRESS, Nginx
from tests.support.galera import GaleraCluster
from tests.support.site import Site


class Nodes:
    """What is put on trial; the address is nginx's.

    Args:
        front_end: before the nodes.
        sites: the nodes.
    """

    def __init__(self, front_end: Nginx, sites: Sequence[Site]) -> None:
        self.front_end = front_end
        self.sites = sites

    @property
    def url(self) -> str:
        """Return the address that clients know."""
        return self.front_end.url

    def restart(self, settings: Mapping[str, str]) -> Site:
        """Start all nodes of ours anew, and return one: nginx passes on no question about a bearer."""
        with ThreadPoolExecutor(len(self.sites)) as threads:
            restarted: list[Site] = list(threads.map(Site.restart, self.sites, repeat(settings)))
        return restarted[0]


@contextmanager
def nodes(folder: Path, cluster: GaleraCluster, settings: Mapping[str, str]) -> Iterator[Nodes]:
    """Run two nodes on a new database with the trial's customers.

    Args:
        folder: an empty one.
        cluster: that runs.
        settings: of both nodes, beyond those of the trial.
    """
    name = cluster.nodes[0].new_database().rpartition("/")[2]
    keys = folder / "node-0" / "var" / "keys"
    shared = {
        "TRUSTED_PROXIES": "127.0.0.1",
        "PRIVATE_KEY": str(keys / "private.key"),
        "PUBLIC_KEY": str(keys / "public.key"),
    }
    sites = []
    for number in range(2):
        (folder / f"node-{number}").mkdir()
        url = cluster.url(name, first=number)
        sites.append(Site(folder / f"node-{number}", "7.10.2", url, {**trial.SETTINGS, **shared, **settings}))
    sites[0].fill(fill)
    (folder / "nginx").mkdir()
    with ExitStack() as running:
        for site in sites:
            running.enter_context(site)
        places = " ".join(f"server 127.0.0.1:{site.port};" for site in sites)
        changed = {"server 127.0.0.1:8000;": places, **MANY_FROM_ONE_ADDRESS}
        front_end = running.enter_context(Nginx(folder / "nginx", sites[0].port, more=changed))
        yield Nodes(front_end, sites)
