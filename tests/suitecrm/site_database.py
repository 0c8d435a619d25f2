"""A SuiteCRM site's database on MariaDB: the tables that an import reads, as SuiteCRM's generator makes them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from tests.support.database_servers import WITHOUT_TLS, DatabaseServer

_COMMON = """
    id char(36) NOT NULL, name varchar(255) NULL, date_entered datetime NULL, date_modified datetime NULL,
    modified_user_id char(36) NULL, created_by char(36) NULL, description text NULL, deleted bool DEFAULT '0' NULL,
"""
_CLIENT = "secret varchar(4000) NULL, redirect_url varchar(255) NULL, is_confidential bool DEFAULT '1' NULL,"
_CLIENT_7_10_2 = """
    allowed_grant_type varchar(255) DEFAULT 'password' NULL, duration_value int(11) NULL,
    duration_amount int(11) NULL, duration_unit varchar(255) DEFAULT 'Duration Unit' NULL,
    assigned_user_id char(36) NULL,
"""
_TOKEN = """
    token_is_revoked bool NULL, token_type varchar(255) NULL, access_token_expires datetime NULL,
    access_token varchar(4000) NULL, refresh_token varchar(4000) NULL, refresh_token_expires datetime NULL,
    grant_type varchar(255) NULL, state varchar(1024) NULL,
"""
_USER = """
    id char(36) NOT NULL, user_name varchar(60) NULL, user_hash varchar(255) NULL,
    system_generated_password bool NULL, pwd_last_changed datetime NULL, authenticate_id varchar(100) NULL,
    sugar_login bool DEFAULT '1' NULL, first_name varchar(255) NULL, last_name varchar(255) NULL,
    is_admin bool DEFAULT '0' NULL, external_auth_only bool DEFAULT '0' NULL, receive_notifications bool NULL,
    description text NULL, date_entered datetime NULL, date_modified datetime NULL, modified_user_id char(36) NULL,
    created_by char(36) NULL, title varchar(50) NULL, status varchar(100) NULL, deleted bool NULL,
    portal_only bool DEFAULT '0' NULL, employee_status varchar(100) NULL, is_group bool NULL,
"""
_TWO_FACTORS = "factor_auth bool NULL, factor_auth_interface varchar(255) NULL,"


@dataclass(frozen=True, slots=True)
class SiteDatabase:
    """The database of one site, full of nothing.

    Args:
        url: its URL.
    """

    url: str

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Lend a connection in a transaction."""
        with _engine(self.url).begin() as connection:
            # An old server let them write what a new one in its strict mode would not.
            connection.execute(text("SET sql_mode = ''"))
            yield connection

    def execute(self, statement: str, **values: object) -> None:
        """Run one statement."""
        with self.connection() as connection:
            connection.execute(text(statement), values)

    def insert(self, table: str, **row: object) -> None:
        """Insert a row."""
        columns = ", ".join(row)
        self.execute(f"INSERT INTO {table} ({columns}) VALUES ({', '.join(f':{name}' for name in row)})", **row)  # noqa: S608 - names of ours


@cache
def _engine(url: str) -> Engine:
    return create_engine(url, poolclass=NullPool, connect_args=WITHOUT_TLS)


def make_site_database(server: DatabaseServer, *, charset: str = "utf8mb4", oldest: bool = False) -> SiteDatabase:
    """Make SuiteCRM's tables.

    Args:
        server: a MariaDB server.
        charset: the tables'; `utf8` has three bytes a letter at most.
        oldest: whether they are those of 7.10.0, which lack columns that came in 7.10.2.
    """
    database = SiteDatabase(server.new_database())
    client = _CLIENT if oldest else _CLIENT + _CLIENT_7_10_2
    token = _TOKEN + (
        "client varchar(1024) NULL," if oldest else "client char(36) NULL, assigned_user_id char(36) NULL,"
    )
    user = _USER if oldest else _USER + _TWO_FACTORS
    tables = {"oauth2clients": _COMMON + client, "oauth2tokens": _COMMON + token, "users": user}
    for name, columns in tables.items():
        options = f"CHARACTER SET {charset} COLLATE {charset}_general_ci"
        database.execute(f"CREATE TABLE {name} ({columns} PRIMARY KEY (id)) {options}")
    return database


def checksums(database: SiteDatabase) -> Mapping[str, int]:
    """Return a checksum of each table's rows."""
    with database.connection() as connection:
        rows = connection.execute(text("CHECKSUM TABLE oauth2clients, oauth2tokens, users"))
        return {row.Table: row.Checksum for row in rows}
