"""Where a database is, as operators write it."""

import re

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

# What comes before the servers is the kind of database, and perhaps an account: as SQLAlchemy tells them apart.
_BEFORE = re.compile(r"(?P<before>[\w+]+://(?:[^:/]*(?::[^@]*)?@)?)")
_SEVERAL = re.compile(_BEFORE.pattern + r"(?P<hosts>[^/?@]+,[^/?@]+)(?P<after>(?:[/?].*)?)", re.DOTALL)

BAD_OPTION = "an option of the URL cannot be used"
"""What is wrong with what a driver refuses before it asks any server."""

_ADVICE = "in a password write @ as %40, / as %2F, # as %23, : as %3A"

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
        sqlalchemy.exc.ArgumentError: it is none, or it cannot be meant as it reads. The text repeats nothing of it.
    """
    url = _make_url(text)
    name, _, driver = url.drivername.partition("+")
    if not driver:
        return url.set(drivername=_SHIPPED.get(name, name))
    # MariaDB is MySQL to us, whichever driver is asked for.
    return url.set(drivername=f"mysql+{driver}") if name == "mariadb" else url


def _make_url(text: str) -> URL:
    before = _BEFORE.match(text)
    # The rest of a password would become the server's name, its port or the database, which are printed.
    if before and "@" in text[before.end() :] and not text.startswith("sqlite"):
        raise ArgumentError(f"it has an @ too many; {_ADVICE}")
    several = _SEVERAL.fullmatch(text)
    try:
        if not several:
            return make_url(text)
        hosts = [host.strip() for host in several["hosts"].split(",")]
        return make_url(several["before"] + several["after"]).update_query_dict({"host": hosts})
    except ValueError:
        raise ArgumentError(f"its port is no number; {_ADVICE}") from None
