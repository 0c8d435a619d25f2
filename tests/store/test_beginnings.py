"""Tokens are found by how their ids begin in databases that sort letters as people do."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from crm_oauth.store import schema
from crm_oauth.store.db import Database
from crm_oauth.store.models import Token
from crm_oauth.store.token_pages import ORDERS, count, pages
from crm_oauth.store.token_search import TokenSearch
from tests.support.database_servers import DatabaseServer
from tests.support.plans import plan_of, statements

from .conftest import NOW
from .test_token_pages import reading

ALPHABET = "0123456789abcdef-"
IDS = [f"{first}{second}{third}-9z" for first in "19af" for second in ALPHABET for third in "09af-"] + [
    "aaaaaaaa",
    "9aaaaaaa",
    "9z",
    "z{",
]


@pytest.fixture(scope="module", params=["sqlite", "bytes", "en-US", "da-DK", "utf8mb4_bin", "utf8mb4_unicode_ci"])
def sorting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database of each order of letters: in Danish "aa" is a letter behind z."""
    name: str = request.param
    if name == "sqlite":
        database = Database(f"sqlite:///{tmp_path_factory.mktemp('sorting')}/test.db")
        schema.upgrade(database)
        yield database
        database.dispose()
        return
    kind = "mariadb" if "utf8" in name else "postgresql"
    server: DatabaseServer = request.getfixturevalue(f"{kind}_server")
    url = server.new_database(f"TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE '{name}'" if "-" in name else "")
    database = Database(url)
    schema.upgrade(database)
    if kind == "mariadb":
        with database.connection() as connection:
            connection.execute(text(f"ALTER TABLE oauth2tokens CONVERT TO CHARACTER SET utf8mb4 COLLATE {name}"))
    yield database
    database.dispose()
    server.drop_database(url)


@pytest.fixture(scope="module")
def filled(sorting: Database) -> Database:
    """The same with ids that begin in many ways."""
    with sorting.unit_of_work() as stores:
        for number, row_id in enumerate(IDS):
            entered = NOW - timedelta(seconds=number)
            stores.tokens.add(Token(id=row_id, client="c", assigned_user_id="u", date_entered=entered))
    return sorting


def test_every_beginning_is_found(filled: Database) -> None:
    """Whatever the last letter of a beginning, all ids that begin so are counted, and no other."""
    beginnings = sorted({row_id[:length] for row_id in IDS for length in range(1, len(IDS[0]) + 1)})
    with reading(filled) as session:
        for beginning in beginnings:
            expected = sum(row_id.startswith(beginning) for row_id in IDS)
            assert count(session, TokenSearch(token_id=beginning)) == expected, beginning


@pytest.mark.parametrize("wild", ["%", "_", "1_", "/", "1/", "~", "\\"])
def test_no_letter_stands_for_another(filled: Database, wild: str) -> None:
    """What has a meaning in patterns is a letter like others."""
    with reading(filled) as session:
        assert count(session, TokenSearch(token_id=wild)) == 0


def test_a_beginning_is_looked_up_in_the_index(filled: Database) -> None:
    """Counting reads a stretch of the primary key, from the beginning to its end, and so does reading in its order."""
    search = TokenSearch(token_id="19")
    with statements(filled) as sent, reading(filled) as session:
        count(session, search)
        pages(session, search, ORDERS["id"], descending=True, few=False).after(None, 3)
    plans = [plan_of(filled, *each) for each in sent]
    for plan in plans:
        match filled.url.get_backend_name():
            case "sqlite":
                assert "sqlite_autoindex_oauth2tokens_1 (id>? AND id<?)" in plan
            case "mysql":
                assert "'type': 'range'" in plan
                assert "'key': 'PRIMARY'" in plan
            case _:
                assert "oauth2tokens_pkey" in plan
                assert "Index Cond: (((id)::text >=" in plan
                assert "AND ((id)::text <=" in plan
