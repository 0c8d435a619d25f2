"""Drivers of databases besides those that are shipped."""

import pytest

from tests.support.database_servers import MariadbServer
from tests.support.programs import require_module


class MysqlclientServer(MariadbServer):
    """MariaDB, whose databases others are to use through mysqlclient."""

    def __init__(self) -> None:
        require_module("MySQLdb", package="mysqlclient")
        super().__init__()

    def new_database(self, options: str = "") -> str:
        """Create an empty database and return its URL."""
        return super().new_database(options).replace("+pymysql:", "+mysqldb:")


EVERY_DRIVER = pytest.mark.parametrize(
    "database_url", ["sqlite", "mariadb", "mysqlclient", "postgresql"], indirect=True
)
"""For tests of statements that have a way of their own to the driver."""
