"""Where a database is, as operators write it."""

import re

from sqlalchemy import URL, make_url

# What comes before the servers is the kind of database, and perhaps an account.
_SEVERAL = re.compile(
    r"(?P<before>[\w+]+://(?:[^:/]*(?::[^@]*)?@)?)(?P<hosts>[^/?@]+,[^/?@]+)(?P<after>(?:[/?].*)?)", re.DOTALL
)

# With the drivers that come along; of several names for one database SQLAlchemy knows some, and asks for other drivers.
_SHIPPED = {
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}


def read_url(text: str) -> URL:
    """Read a URL; one that names no driver gets the one that is shipped.

    Args:
        text: an SQLAlchemy URL, such as `mysql://USER:PASSWORD@HOST/DATABASE`. Of several servers, each with its port
            if need be, the hosts are written with commas between them; the URL returned has them in its query.

    Raises:
        sqlalchemy.exc.ArgumentError: it is none.
    """
    url = _make_url(text)
    name, _, driver = url.drivername.partition("+")
    if not driver:
        return url.set(drivername=_SHIPPED.get(name, name))
    # MariaDB is MySQL to us, whichever driver is asked for.
    return url.set(drivername=f"mysql+{driver}") if name == "mariadb" else url


def _make_url(text: str) -> URL:
    several = _SEVERAL.fullmatch(text)
    if not several:
        return make_url(text)
    hosts = [host.strip() for host in several["hosts"].split(",")]
    return make_url(several["before"] + several["after"]).update_query_dict({"host": hosts})
