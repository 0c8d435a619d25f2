"""Ids of new rows."""

import time
from uuid import RFC_4122, UUID

from crm_oauth.store.ids import new_token_id


def test_ids_of_tokens_grow_with_the_clock() -> None:
    """What is issued two milliseconds later has the greater id, as text too."""
    ids = []
    for _ in range(8):
        ids.append(new_token_id())
        time.sleep(0.002)
    assert ids == sorted(ids)


def test_ids_of_tokens_are_uuids() -> None:
    """Each is a UUID of version 7 in lower case, and of a thousand no two are the same."""
    ids = [new_token_id() for _ in range(1000)]
    assert {(UUID(each).version, UUID(each).variant) for each in ids} == {(7, RFC_4122)}
    assert [str(UUID(each)) for each in ids] == ids
    assert len(set(ids)) == 1000
