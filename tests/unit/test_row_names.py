"""What the panel calls a row of a token."""

import time

from crm_oauth.admin.pages import short_row_id
from crm_oauth.store.ids import new_token_id


def test_rows_of_one_minute_have_names_of_their_own() -> None:
    """Pairs issued milliseconds apart are called differently, though their ids begin with the same minute."""
    ids = []
    for _ in range(8):
        ids.append(new_token_id())
        time.sleep(0.002)
    names = {short_row_id(each) for each in ids}
    assert len(names) == len(ids)
    assert all(any(each.startswith(name.removesuffix("…")) for each in ids) for name in names)


def test_a_short_id_is_shown_whole() -> None:
    """SuiteCRM's own rows may have ids such as `1`."""
    assert short_row_id("1") == "1"
