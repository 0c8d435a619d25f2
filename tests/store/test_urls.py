"""Where a database is, as operators write it."""

import pytest

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
        ("mysql://u:p,@h/d", "mysql+pymysql://u:p%2C@h/d"),
        ("mysql://u:p@h1,h2:3307/d?ssl_ca=f", "mysql+pymysql://u:p@/d?host=h1&host=h2%3A3307&ssl_ca=f"),
        ("mysql+pymysql://u@/d?host=h1&host=h2%3A3307", "mysql+pymysql://u@/d?host=h1&host=h2%3A3307"),
        ("postgresql://h1:5432,h2:5433/d", "postgresql+psycopg:///d?host=h1%3A5432&host=h2%3A5433"),
    ],
)
def test_a_url_without_a_driver_gets_the_shipped_one(given: str, read: str) -> None:
    """Whoever names no driver need not know of any; whoever names one gets that one."""
    assert read_url(given).render_as_string(hide_password=False) == read
