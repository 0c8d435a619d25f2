"""Settings are checked at start, and every fault is named at once."""

import os
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import ValidationError

from crm_oauth.faults import StartupError
from crm_oauth.settings import PREFIX, Settings

SetUp = Callable[..., None]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SetUp:
    """Return a function that makes these, without their prefix, the only settings."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)

    def set_up(**settings: str) -> None:
        for name, value in settings.items():
            monkeypatch.setenv(PREFIX + name, value)

    return set_up


def _faults() -> list[str]:
    with pytest.raises(StartupError) as caught:
        Settings.load()
    return sorted(caught.value.faults)


def test_defaults(environment: SetUp) -> None:
    """Nothing has to be set."""
    environment()
    settings = Settings.load()
    assert (settings.profile, settings.bind, settings.trusted_proxies) == ("default", "127.0.0.1:8000", ())


def test_values(environment: SetUp) -> None:
    """Values of the environment are read, lists at their commas."""
    environment(
        PROFILE="7.14", THREADS="9", TRUSTED_PROXIES="127.0.0.1, 10.1.2.3/8,::1,", ENCRYPTION_KEY_PREVIOUS="a,b"
    )
    settings = Settings.load()
    assert (settings.profile, settings.threads) == ("7.14", 9)
    assert settings.trusted_proxies == tuple(map(ip_network, ("127.0.0.1", "10.0.0.0/8", "::1")))
    assert [key.get_secret_value() for key in settings.encryption_key_previous] == ["a", "b"]


def test_nobody_is_a_word(environment: SetUp) -> None:
    """Since an empty variable counts as unset, there is a word by which nobody reads the metrics."""
    environment(METRICS_READERS="none")
    assert Settings.load().metrics_readers == ()


def test_empty_is_unset(environment: SetUp) -> None:
    """An empty variable is as good as none."""
    environment(PROFILE="", WORKERS="")
    assert Settings.load() == Settings()


def test_file(environment: SetUp) -> None:
    """A file `.env` in the working directory is read; the environment prevails over it."""
    environment(THREADS="3")
    Path(".env").write_text("CRM_OAUTH_PROFILE=7.12\nCRM_OAUTH_THREADS=2\n")
    settings = Settings.load()
    assert (settings.profile, settings.threads) == ("7.12", 3)


def test_a_file_that_is_no_text(environment: SetUp) -> None:
    """A file `.env` in another encoding is told, together with what is wrong elsewhere."""
    environment(PROFIL="7.14")
    Path(".env").write_bytes("CRM_OAUTH_LDAP_SEARCH_DN=cn=säuberlich\n".encode("latin-1"))
    assert _faults()[0] == ".env is not UTF-8 text."
    assert len(_faults()) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WORKERS", "0"),
        ("WORKERS", "two"),
        ("THREADS", "257"),
        ("THREADS", "-1"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("TRUSTED_PROXIES", "127.0.0.1,nginx"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("TRACES_ENDPOINT", "grpc+http://127.0.0.1:4317"),
    ],
)
def test_bad_value(environment: SetUp, name: str, value: str) -> None:
    """A bad value is refused by its variable's whole name."""
    environment(**{name: value})
    (fault,) = _faults()
    assert fault.startswith(f"{PREFIX}{name}: ")


def test_all_faults_at_once(environment: SetUp) -> None:
    """Unknown names and bad values are all told together, and nothing of a value that may be secret."""
    environment(PROFIL="7.14", TRUSTED_PROXY="127.0.0.1", WORKERS="many", SECRET_KEY="zqsecret")
    Path(".env").write_text("CRM_OAUTH_LOGLEVEL=zqsecret\n")
    faults = _faults()
    names = [fault.partition(":")[0].removeprefix(PREFIX) for fault in faults]
    assert names == ["LOGLEVEL", "PROFIL", "SECRET_KEY", "TRUSTED_PROXY", "WORKERS"]
    assert "zqsecret" not in "".join(faults)


def test_unknown_names_are_told_alike(environment: SetUp) -> None:
    """A name that is no setting's is told in the same sentence wherever it stands; in the file also without prefix."""
    environment(PROFIL="7.14")
    Path(".env").write_text("CRM_OAUTH_LOGLEVEL=info\nDATABASE_URL=sqlite://\nEDITOR=vi\nTZ=\n")
    told = [fault.partition(": ") for fault in _faults()]
    assert [name for name, _, _ in told] == ["CRM_OAUTH_LOGLEVEL", "CRM_OAUTH_PROFIL", "DATABASE_URL", "EDITOR"]
    assert {sentence for _, _, sentence in told} == {
        "there is no such setting; docs/reference/settings.md lists those there are."
    }


@pytest.mark.parametrize("line", ["CRM_OAUTH_PROFILE: 7.12", "CRM_OAUTH_PROFILE='7.12", "CRM_OAUTH_PROFILE", "=7.12"])
def test_no_line_is_passed_over(environment: SetUp, line: str) -> None:
    """A line of the file that sets nothing is a fault, told by its number; blank lines and comments are none."""
    environment()
    Path(".env").write_text(f"# profile\n\n\n{line}\nCRM_OAUTH_THREADS=2\n")
    assert _faults() == [".env, line 4: write NAME=VALUE, and end a quote that begins."]
    Path(".env").write_text("# profile\n\n\nexport CRM_OAUTH_PROFILE='7.12' # mine\n")
    assert Settings.load().profile == "7.12"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("WORKERS", "two", "input should be a valid integer"),
        ("GUESSES_PER_USER", "ten", "should be a number and a time"),
        ("LDAP_URL", "http://x", "URL scheme should be"),
    ],
)
def test_a_fault_reads_as_a_sentence(environment: SetUp, name: str, value: str, told: str) -> None:
    """Behind the name a fault goes on in small letters, but for abbreviations, and without the library's own words."""
    environment(**{name: value})
    assert _faults()[0].startswith(f"{PREFIX}{name}: {told}")


def test_names_are_known_in_any_case(environment: SetUp) -> None:
    """A setting in small letters is that setting."""
    environment(profile="7.14")
    assert Settings.load().profile == "7.14"


@pytest.mark.parametrize(
    "value",
    [
        "crm.example.com",
        "x-https://crm.example.com",
        "https://crm.example.com/?a=b",
        "https://crm.example.com/#a",
        "https://",
    ],
)
def test_an_address_is_shown_how_to_be_written(environment: SetUp, value: str) -> None:
    """What is no address is answered with addresses, not with the pattern that it fails."""
    environment(PUBLIC_URL=value)
    assert _faults() == [
        "CRM_OAUTH_PUBLIC_URL: write for instance https://crm.example.com or https://crm.example.com/crm."
    ]


@pytest.mark.parametrize("name", [name for name, field in Settings.model_fields.items() if field.examples])
def test_examples_are_good(environment: SetUp, name: str) -> None:
    """Whoever writes what a fault says to write gets no fault."""
    for example in Settings.model_fields[name].examples or ():
        environment(**{name.upper(): str(example)})
        assert str(getattr(Settings.load(), name)) == example


def test_what_has_a_pattern_has_an_example(environment: SetUp) -> None:
    """No fault shows a pattern, for each setting that has one has an example."""
    names = ("PUBLIC_URL", "TRACES_ENDPOINT", "LDAP_USER_DN", "LDAP_SEARCH_FILTER")
    environment(**dict.fromkeys(names, "nonsense"))
    assert all(": write for instance " in fault for fault in _faults())


def test_secrets_are_not_shown(environment: SetUp) -> None:
    """Printing the settings, or what is wrong with them, shows no key and no password."""
    environment(ENCRYPTION_KEY="zqsecret", SESSION_KEY="zqsecret", DATABASE_URL="postgresql+psycopg://u:zqsecret@h/d")
    assert "zqsecret" not in repr(Settings.load())
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"session_key": ["zqsecret"]})
    assert "zqsecret" not in str(caught.value)


def test_frozen(environment: SetUp) -> None:
    """Nobody changes a setting while the program runs."""
    environment()
    with pytest.raises(ValidationError):
        Settings.load().workers = 5  # type: ignore[misc]  # that is the point
