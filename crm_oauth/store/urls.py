"""Where a database is, as operators write it."""

from sqlalchemy import URL, make_url

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
        text: an SQLAlchemy URL, such as `mysql://USER:PASSWORD@HOST/DATABASE`.

    Raises:
        sqlalchemy.exc.ArgumentError: it is none.
    """
    url = make_url(text)
    name, _, driver = url.drivername.partition("+")
    if not driver:
        return url.set(drivername=_SHIPPED.get(name, name))
    # MariaDB is MySQL to us, whichever driver is asked for.
    return url.set(drivername=f"mysql+{driver}") if name == "mariadb" else url
