"""A mapping that keeps what was put into it last."""

from concurrent.futures import ThreadPoolExecutor

from crm_oauth.recent import Recent


def test_what_was_put_in_last_is_found() -> None:
    """An entry is found until it is replaced or forgotten; only what was put in is there."""
    entries = Recent[str, int](2)
    assert entries.get("a") is None
    entries.put("a", 1)
    entries.put("a", 2)
    assert entries.get("a") == 2
    entries.forget("a")
    entries.forget("never there")
    assert entries.get("a") is None


def test_oldest_entry_gives_way() -> None:
    """A full mapping drops the entry that was put in longest ago; to be replaced makes an entry young again."""
    entries = Recent[str, str](2)
    for key in "abac":
        entries.put(key, key)
    assert [key for key in "abc" if entries.get(key)] == ["a", "c"]


def test_without_room_nothing_is_kept() -> None:
    """A mapping of size nought is empty."""
    entries = Recent[str, int](0)
    entries.put("a", 1)
    assert entries.get("a") is None


def test_threads_share_a_mapping() -> None:
    """Threads that put and forget at once neither fail nor outgrow the mapping."""
    entries = Recent[int, int](10)

    def use(number: int) -> None:
        entries.put(number, number)
        entries.forget(number - 5)
        entries.put(number, number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(2000)))
    assert 0 < sum(entries.get(number) is not None for number in range(2000)) <= 10
