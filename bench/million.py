"""A table of very many tokens, made by the database itself."""

from sqlalchemy import Connection, text

_NUMBERS = {
    "sqlite": "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {rows}) SELECT n FROM n",
    "postgresql": "SELECT generate_series(1, {rows}) AS n",
    "mysql": "SELECT CAST(seq AS SIGNED) AS n FROM seq_1_to_{rows}",
}

# One row a second until now; a token of the last 30 days can still be refreshed, of the last hour also be used.
_COLUMNS = {
    "sqlite": (
        "substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-4' || substr(h, 13, 3) || '-8' || substr(h, 16, 3) || '-' "
        "|| substr(h, 19, 12), "
        "datetime('now', ((n - {rows}) * {pace}) || ' seconds') || '.000000', "
        "datetime('now', ((n - {rows}) * {pace} + 3600) || ' seconds') || '.000000', "
        "datetime('now', ((n - {rows}) * {pace} + 2592000) || ' seconds') || '.000000', "
        "h || h || substr(h, 1, 16), 'r' || h || h || substr(h, 1, 15)"
    ),
    "postgresql": (
        "md5(n::text)::uuid::text, "
        "date_trunc('second', now() at time zone 'utc') - ({rows} - n) * {pace} * interval '1 s', "
        "date_trunc('second', now() at time zone 'utc') - (({rows} - n) * {pace} - 3600) * interval '1 s', "
        "date_trunc('second', now() at time zone 'utc') - (({rows} - n) * {pace} - 2592000) * interval '1 s', "
        "md5(n::text) || md5(n::text) || substr(md5(n::text), 1, 16), 'r' || md5(n::text) || md5(n::text)"
    ),
    "mysql": (
        "concat_ws('-', substr(md5(n), 1, 8), substr(md5(n), 9, 4), substr(md5(n), 13, 4), substr(md5(n), 17, 4), "
        "substr(md5(n), 21, 12)), utc_timestamp() - interval ({rows} - n) * {pace} second, "
        "utc_timestamp() - interval ({rows} - n) * {pace} - 3600 second, "
        "utc_timestamp() - interval ({rows} - n) * {pace} - 2592000 second, "
        "concat(md5(n), md5(n), substr(md5(n), 1, 16)), concat('r', md5(n), md5(n))"
    ),
}


def add_tokens(connection: Connection, rows: int, *, clients: int = 20, users: int = 1000, pace: int = 3) -> None:
    """Insert tokens of clients `client-0` and on, for users `user-0` and on; every hundredth is revoked.

    Args:
        connection: to an empty table of tokens.
        rows: how many tokens.
        clients: how many clients hold them; the first holds half of them.
        users: how many users.
        pace: seconds from one to the next.
    """
    dialect = connection.dialect.name
    numbers = _NUMBERS[dialect].format(rows=rows)
    if dialect == "sqlite":
        numbers = f"SELECT n, lower(hex(randomblob(16))) AS h FROM ({numbers})"  # noqa: S608  # ours
    columns = _COLUMNS[dialect].format(rows=rows, pace=pace)
    client = f"CASE WHEN n % 2 = 0 THEN 0 ELSE n % {clients} END"
    together = "concat('{}-', {})" if dialect == "mysql" else "'{}-' || ({})"
    revoked = "n % 100 = 0" if dialect == "postgresql" else "CASE WHEN n % 100 = 0 THEN 1 ELSE 0 END"
    no = "false" if dialect == "postgresql" else "0"
    connection.execute(
        text(
            "INSERT INTO oauth2tokens (id, date_entered, access_token_expires, refresh_token_expires, access_token, "  # noqa: S608  # same
            "refresh_token, date_modified, deleted, token_is_revoked, client, assigned_user_id) "
            f"SELECT {columns}, CURRENT_TIMESTAMP, {no}, {revoked}, {together.format('client', client)}, "
            f"{together.format('user', f'n % {users}')} FROM ({numbers}) AS numbers"
        )
    )
