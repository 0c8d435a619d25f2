"""MariaDB servers that are one cluster, by Galera, set up as docs/many-nodes.md shows."""

import re
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pymysql
from pymysql.cursors import Cursor

from tests.support.database_servers import MariadbServer
from tests.support.documents import shown_file
from tests.support.ports import free_port
from tests.support.programs import require_file, require_program

DOCUMENT = "docs/many-nodes.md"
_PROVIDER = Path("/usr/lib/galera/libgalera_smm.so")
_PATIENCE = 60

# So that three fit on a small machine.
_SMALL = """
innodb_buffer_pool_size = 32M
innodb_log_file_size = 16M
"""


class GaleraNode(MariadbServer):
    """A node; where the document has machines, there are ports of this one."""

    def __init__(self) -> None:
        require_program("wsrep_sst_rsync")
        require_file(_PROVIDER, package="galera-4")
        self._group_port, self._transfer_port, self._state_port = free_port(), free_port(), free_port()
        self._options: list[str] = []
        super().__init__(durable=True)

    @property
    def group_address(self) -> str:
        """Return where the others find it."""
        return f"127.0.0.1:{self._group_port}"

    @property
    def port(self) -> int:
        """Return where clients find it."""
        return self._port

    def configure(self, members: Sequence["GaleraNode"]) -> None:
        """Write the node's configuration.

        Args:
            members: all nodes of the cluster.
        """
        shown = shown_file(
            DOCUMENT,
            "60-galera.cnf",
            {
                "gcomm://10.0.0.11,10.0.0.12,10.0.0.13": f"gcomm://{','.join(node.group_address for node in members)}",
                "wsrep_node_address = 10.0.0.11": f"wsrep_node_address = {self.group_address}",
                "bind_address = 10.0.0.11": "bind_address = 127.0.0.1",
            },
        )
        ports = (
            f"wsrep_provider_options = gmcast.listen_addr=tcp://{self.group_address};"
            f"ist.recv_addr=127.0.0.1:{self._transfer_port}\n"
            f"wsrep_sst_receive_address = 127.0.0.1:{self._state_port}\n"
        )
        (self.directory / "galera.cnf").write_text(shown + ports + _SMALL)

    def bootstrap(self) -> None:
        """Start it as the first of a new cluster."""
        self._options = ["--wsrep-new-cluster"]
        self.start()

    def join(self) -> None:
        """Start it, and wait until it has caught up with the others; the way Debian's unit does it."""
        recovery = [*self._server_command(), "--wsrep-recover", f"--log-error={self.directory / 'recovery.err'}"]
        self._options = []
        if self._spawn(recovery).wait(_PATIENCE) == 0:
            said = (self.directory / "recovery.err").read_text(errors="replace")
            found = re.findall(r"Recovered position:? *(\S+)", said)
            self._options = [f"--wsrep-start-position={found[-1]}"] if found else []
        self.start()

    def wait_for(self, name: str, value: str) -> None:
        """Wait until the node says this of itself."""
        deadline = time.monotonic() + _PATIENCE
        while (told := self.status(name)) != value:
            assert time.monotonic() < deadline, f"{name} is {told}"
            time.sleep(0.1)

    def status(self, name: str) -> str:
        """Return what the node says of itself, such as `wsrep_cluster_size`; nothing while it is away."""
        try:
            with self._connection() as connection, connection.cursor() as cursor:
                cursor.execute("SHOW STATUS LIKE %s", (name,))
                row = cursor.fetchone()
                return str(row[1]) if row else ""
        except pymysql.err.OperationalError:
            return ""

    def _connection(self) -> "pymysql.Connection[Cursor]":
        # SQLAlchemy begins with SELECTs, which a node that is cut off refuses.
        return pymysql.connect(host="127.0.0.1", port=self.port, user="root", connect_timeout=5, read_timeout=5)

    def _server_command(self) -> list[str | Path]:
        program, _, *options = super()._server_command()
        return [program, f"--defaults-file={self.directory / 'galera.cnf'}", *options, *self._options]

    def _answers(self) -> bool:
        return self.status("wsrep_ready") == "ON" and self.status("wsrep_local_state_comment") == "Synced"


class GaleraCluster:
    """Nodes that are one cluster, running from `start()` to `remove()`.

    Args:
        size: how many.
    """

    def __init__(self, size: int = 3) -> None:
        self.nodes = [GaleraNode() for _ in range(size)]
        for node in self.nodes:
            node.configure(self.nodes)

    def start(self) -> None:
        """Start all nodes, one after the other."""
        first, *others = self.nodes
        first.bootstrap()
        for node in others:
            node.join()

    def join(self, nodes: Sequence[GaleraNode]) -> None:
        """Start nodes at once: where the majority was lost none gets ready before the others are back."""
        with ThreadPoolExecutor(len(nodes)) as threads:
            list(threads.map(GaleraNode.join, nodes))
        self.wait_until_there_are(len(self.nodes))

    def url(self, database: str, *, first: int) -> str:
        """Return the URL of a database that names all nodes, one of them first."""
        places = [f"127.0.0.1:{node.port}" for node in self.nodes[first:] + self.nodes[:first]]
        return f"mysql://root@{','.join(places)}/{database}"

    def wait_until_there_are(self, number: int) -> None:
        """Wait until every node that runs sees this many."""
        for node in self.nodes:
            if node.pid:
                node.wait_for("wsrep_cluster_size", str(number))

    def remove(self) -> None:
        """Stop the nodes, and delete all that they kept."""
        for node in self.nodes:
            node.remove()
