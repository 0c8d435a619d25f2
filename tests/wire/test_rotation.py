"""Keys change under a running server, and nobody who holds a good token notices."""

import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from joserfc import jws
from joserfc.jwk import RSAKey

from crm_oauth.oauth.metadata import JWKS_PATH
from tests.support.site import Site
from tests.wire.bad.request import PASSWORD, REFRESH
from tests.wire.conftest import fill_as_recorded
from tests.wire.exchange import TOKEN_PATH, post_json, send
from tests.wire.traffic import ask, new_token, traffic, verdict

_PATIENCE = 30


def _serving(folder: Path, workers: int) -> Iterator[Site]:
    """Run a server whose keys are all files."""
    site = Site(folder, "7.14", settings={"ENCRYPTION_KEY": "", "WORKERS": str(workers), "THREADS": "4"})
    site.fill(fill_as_recorded)
    with site:
        yield site


@pytest.fixture
def rotating(tmp_path: Path) -> Iterator[Site]:
    """A server of two processes."""
    yield from _serving(tmp_path, 2)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Site]:
    """A server of one process, so that none is still starting once it answers."""
    yield from _serving(tmp_path, 1)


def _restart(site: Site) -> None:
    site.__exit__()
    site.__enter__()


def _published(site: Site) -> list[str]:
    return [key["kid"] for key in json.loads(send(site.url, "GET", JWKS_PATH, {}, None).body)["keys"]]


def _keys(site: Site, *arguments: str) -> str:
    ended = site.command("keys", *arguments)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def _rotate(site: Site) -> tuple[str, str]:
    """Rotate, and return the kid of the key that verifies now and of the one that signs."""
    old = json.loads(_keys(site, "list", "--json"))[0]["kid"]
    return old, json.loads(_keys(site, "rotate", "--json"))["kid"]


def _eventually(true: Callable[[], bool]) -> None:
    """Wait until something is true in both processes: twenty times in a row, over connections of their own."""
    deadline = time.monotonic() + _PATIENCE
    while not all(true() for _ in range(20)):
        assert time.monotonic() < deadline
        time.sleep(0.05)  # servers look at the files once a second


def test_nothing_fails_while_keys_rotate(rotating: Site) -> None:
    """Of two thousand requests during four rotations of both kinds of keys none fails, and no fault is logged."""
    with traffic(rotating, 2000) as made:
        for _ in range(4):
            _keys(rotating, "rotate")
            _keys(rotating, "rotate-encryption")
    assert len(made) >= 2000
    _eventually(lambda: len(_published(rotating)) == 5)
    assert '"error"' not in rotating.log


def test_old_keys_work_until_they_are_retired(rotating: Site) -> None:
    """Tokens of the old key outlive rotation and restart; when it is retired they, and only they, are dead."""
    old_token = new_token(rotating)
    old, new = _rotate(rotating)
    _eventually(lambda: _published(rotating) == [new, old])
    recent_token = new_token(rotating)
    assert [verdict(rotating, token) for token in (old_token, recent_token)] == [204, 204]
    _restart(rotating)
    assert [verdict(rotating, token) for token in (old_token, recent_token)] == [204, 204]
    _keys(rotating, "retire", "--now", old)
    _eventually(lambda: verdict(rotating, old_token) == 401)
    _eventually(lambda: _published(rotating) == [new])
    assert verdict(rotating, recent_token) == 204


def test_old_encryption_keys_work_until_they_are_dropped(rotating: Site) -> None:
    """Refresh tokens of an old key can be redeemed, after a restart too; without the key they cannot."""
    first, second, third = (ask(rotating, PASSWORD)["refresh_token"] for _ in range(3))
    _keys(rotating, "rotate-encryption")
    ask(rotating, REFRESH | {"refresh_token": first})
    _restart(rotating)
    ask(rotating, REFRESH | {"refresh_token": second})
    _keys(rotating, "rotate-encryption", "--drop-older")
    _restart(rotating)
    assert post_json(rotating.url, TOKEN_PATH, REFRESH | {"refresh_token": third}).status == 401
    ask(rotating, REFRESH | {"refresh_token": ask(rotating, PASSWORD)["refresh_token"]})


def test_a_kid_picks_the_key(rotating: Site) -> None:
    """A token passes without a kid, as PHP makes them, or with that of its key; not with an unknown or another's."""
    old, new = _rotate(rotating)
    _eventually(lambda: _published(rotating) == [new, old])
    key = RSAKey.import_key((rotating.folder / "var/keys/private.key").read_bytes())
    issued = jws.extract_compact(new_token(rotating).encode())
    assert "kid" not in issued.headers()

    def signed_again(**kid: str) -> str:
        return jws.serialize_compact({**issued.headers(), **kid}, issued.payload, key)

    assert verdict(rotating, signed_again()) == 204
    assert verdict(rotating, signed_again(kid=new)) == 204
    assert verdict(rotating, signed_again(kid=old)) == 401
    assert verdict(rotating, signed_again(kid="unknown")) == 401


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("name", "damages"),
    [
        ("private.key", [_empty, _cut, Path.unlink]),
        ("public.key", [_empty, _cut, Path.unlink]),
        ("encryption.key", [_empty, Path.unlink]),  # to SuiteCRM any text is a key, half of another one too
    ],
)
def test_damaged_files_are_not_used(running: Site, name: str, damages: list[Callable[[Path], None]]) -> None:
    """While a key file is empty, cut, or gone, all goes on with the last good one, and the log names the key."""
    path = running.folder / "var/keys" / name
    for damage in damages:
        before, content = running.log, path.read_bytes()
        with traffic(running, 50):
            damage(path)
            _eventually(partial(_tells_more_than, running, before, name.upper().replace(".", "_")))
        path.write_bytes(content)
        _, new = _rotate(running)
        _eventually(partial(_signs_with, running, new))


def _tells_more_than(site: Site, log: str, text: str) -> bool:
    return site.log.count(text) > log.count(text)


def _signs_with(site: Site, kid: str) -> bool:
    return _published(site)[0] == kid


def test_garbage_among_the_previous_keys_is_not_used(rotating: Site) -> None:
    """What is no whole key is logged and left alone: it stops no client, no rotation and no restart."""
    old_token = new_token(rotating)
    old, new = _rotate(rotating)
    previous = rotating.folder / "var/keys/previous"
    with traffic(rotating, 50):
        (previous / "garbage.pem").write_text("garbage")
        (previous / "half.pem").write_bytes((previous / f"{old}.pem").read_bytes()[:200])
        _eventually(lambda: "previous/garbage.pem" in rotating.log and "previous/half.pem" in rotating.log)
        _, newest = _rotate(rotating)
        _eventually(lambda: sorted(_published(rotating)) == sorted([old, new, newest]))
    _restart(rotating)
    assert sorted(_published(rotating)) == sorted([old, new, newest])
    assert verdict(rotating, old_token) == 204
