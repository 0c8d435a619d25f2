"""Where a database is, as operators write it."""

import pytest
from sqlalchemy.exc import ArgumentError

from crm_oauth.faults import StartupError
from crm_oauth.store.db import Database, DatabaseUnavailable
from crm_oauth.store.urls import read_url


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("mysql://u:p@h/d", "mysql+pymysql://u:p@h/d"),
        ("mariadb://u@h:3307/d?ssl_ca=f", "mysql+pymysql://u@h:3307/d?ssl_ca=f"),
        ("mariadb+pymysql://h/d", "mysql+pymysql://h/d"),
        ("mysql+mysqldb://h/d", "mysql+mysqldb://h/d"),
        ("postgresql://h/d", "postgresql+psycopg://h/d"),
        ("postgres://h/d", "postgresql+psycopg://h/d"),
        ("postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
        ("sqlite:///f.db", "sqlite:///f.db"),
        ("oracle://h/d", "oracle://h/d"),
        ("sqlite:///at@home.db", "sqlite:///at%40home.db"),
        ("postgresql://u@tenant:p%40%2F%23%3A@h/d", "postgresql+psycopg://u%40tenant:p%40%2F%23%3A@h/d"),
        ("mysql://u:p/#:?@h/d", "mysql+pymysql://u:p%2F%23%3A%3F@h/d"),
        ("mysql://u:p,@h/d", "mysql+pymysql://u:p%2C@h/d"),
        ("mysql://u:p@h1,h2:3307/d?ssl_ca=f", "mysql+pymysql://u:p@/d?host=h1&host=h2%3A3307&ssl_ca=f"),
        ("mysql://u@h1, h2/d", "mysql+pymysql://u@/d?host=h1&host=h2"),
        ("mysql+pymysql://u@/d?host=h1&host=h2%3A3307", "mysql+pymysql://u@/d?host=h1&host=h2%3A3307"),
        ("postgresql://h1:5432,h2:5433/d", "postgresql+psycopg:///d?host=h1%3A5432&host=h2%3A5433"),
    ],
)
def test_a_url_without_a_driver_gets_the_shipped_one(given: str, read: str) -> None:
    """Whoever names no driver need not know of any; whoever names one gets that one."""
    assert read_url(given).render_as_string(hide_password=False) == read


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:hidden@word@127.0.0.1/d",
        "postgresql://u:hidden@word@127.0.0.1:5432/d",
        "mysql://u:hidden@pass/word#1@h/d",
        "mysql://u:hidden@pass:word@h/d",
        "mysql://u:hidden@pass?word@h/d",
        "mysql://u:hidden@word@h1,h2/d",
        "mysql://u:hidden@pass,word/d@h",
        "mysql://u:hidden-password",
    ],
)
def test_an_unencoded_password_is_refused_unseen(url: str) -> None:
    """A URL whose password would be taken for a server, a port or a database is refused, and no part of it told."""
    with pytest.raises(ArgumentError, match="write @ as %40") as refused:
        read_url(url)
    with pytest.raises(StartupError) as told:
        Database(url)
    for part in ("hidden", "word@", "pass/", "pass:", "#1"):
        assert part not in f"{refused.value} {told.value.faults[0].split('; write sqlite')[0]}"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://127.0.0.1:1/d?sslca=f", "'sslca'"),
        ("mysql://127.0.0.1:1/d?ssl_ca=missing.pem", "No such file"),
        ("mysql://127.0.0.1:1,127.0.0.1:2/d?ssl=on", "no attribute"),
        ("postgresql://127.0.0.1:1/d?sslca=f", '"sslca"'),
    ],
)
def test_an_option_that_cannot_be_used_is_told(url: str, told: str) -> None:
    """What a driver cannot do with the options of a URL is told as the URL's, and no traceback of its own."""
    database = Database(url)
    with pytest.raises(DatabaseUnavailable, match="an option of the URL cannot be used: .*" + told):
        database.ping()


def test_mysql_needs_a_name() -> None:
    """Without a database's name MySQL would take the connection, and have no tables on it."""
    with pytest.raises(StartupError, match="it names no database"):
        Database("mysql://u@127.0.0.1:1")
