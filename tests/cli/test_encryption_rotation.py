"""`crm-oauth keys rotate-encryption`."""

from tests.cli.conftest import Installation
from tests.cli.keys import key_folder


def test_a_new_encryption_key_goes_first(ready: Installation) -> None:
    """Each rotation adds a line before the others, and the file's mode stays."""
    path = key_folder(ready) / "encryption.key"
    path.chmod(0o640)
    lines = path.read_text().splitlines()
    for older in (1, 2):
        assert ready.told("keys", "rotate-encryption").strip().endswith(f"{older}.")
        now = path.read_text().splitlines()
        assert now[1:] == lines
        assert len(now[0]) == 44
        lines = now
    assert len(set(lines)) == 3
    assert path.stat().st_mode & 0o777 == 0o640


def test_older_encryption_keys_can_be_dropped(ready: Installation) -> None:
    """`--drop-older` leaves the new key alone in the file, and says what that does, in the trail too."""
    path = key_folder(ready) / "encryption.key"
    before = path.read_text().splitlines()
    ended = ready.run("keys", "rotate-encryption", "--drop-older")
    assert ended.returncode == 0
    assert "refused" in ended.stderr
    [line] = path.read_text().splitlines()
    assert line not in before
    assert "encryption_key_rotated detail=older ones dropped " in ready.told("audit", "tail")


def test_an_encryption_key_of_the_environment_is_rotated_there(ready: Installation) -> None:
    """With the key in a setting the file is left alone; both settings to change are named, the key is not."""
    path = key_folder(ready) / "encryption.key"
    before = path.read_bytes()
    complaint = ready.refusal("keys", "rotate-encryption", ENCRYPTION_KEY="of my own")
    assert "CRM_OAUTH_ENCRYPTION_KEY " in complaint
    assert "CRM_OAUTH_ENCRYPTION_KEY_PREVIOUS" in complaint
    assert "of my own" not in complaint
    assert path.read_bytes() == before


def test_a_damaged_encryption_key_is_not_rotated(ready: Installation) -> None:
    """What the servers could not read is told, and left for the operator to look at."""
    path = key_folder(ready) / "encryption.key"
    path.write_text("\n")
    assert "ENCRYPTION_KEY" in ready.refusal("keys", "rotate-encryption")
    assert path.read_text() == "\n"
