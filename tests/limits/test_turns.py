"""One at a time for each key."""

import gc
import weakref

from crm_oauth.limits.turns import Turns


class Name(str):
    """A key of which one can tell whether anybody still holds it."""

    __slots__ = ("__weakref__",)


def test_whose_turn_is_over_is_forgotten() -> None:
    """Nothing is kept of a key whose turn is over: whoever makes names up does not fill the memory."""
    turns = Turns(1)
    name = Name("joe")
    held = weakref.ref(name)
    with turns.of(name):
        pass
    del name
    gc.collect()
    assert held() is None
