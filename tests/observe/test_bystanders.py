"""Who only looks on changes no answer, and removes nothing that is not theirs."""

from pathlib import Path

import pytest
from flask import Flask

from crm_oauth.oauth.outcome import Outcome
from crm_oauth.store.audit_entries import AuditFilter
from crm_oauth.web.outcomes import install_observers
from tests.support.site import COMMAND, Site
from tests.wire.bad.request import PASSWORD
from tests.wire.conftest import fill_as_recorded
from tests.wire.exchange import post_json


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_log_that_is_full(tmp_path: Path, form: str) -> None:
    """Where no line can be written, tokens are given and noted in the audit trail all the same."""
    site = Site(tmp_path, "7.10.2", settings={"LOG_FORMAT": form}, program=COMMAND)
    site.fill(fill_as_recorded)
    (tmp_path / "server.log").symlink_to("/dev/full")
    with site:
        assert [post_json(site.url, "/Api/access_token", PASSWORD).status for _ in range(3)] == [200] * 3
    with site.database.unit_of_work() as stores:
        assert len(stores.audit.search(AuditFilter(events=("token_issued",)))) == 3


def test_an_observer_with_a_fault() -> None:
    """A fault of one observer is logged; the others are told, and the answer is what it was."""
    told: list[Outcome] = []

    def stumble(outcome: Outcome) -> None:
        raise RuntimeError(outcome.grant_type)

    application = Flask(__name__)
    application.get("/", endpoint="token")(lambda: "answer")
    install_observers(application, "token", [stumble, told.append])
    assert application.test_client().get("/").text == "answer"
    assert len(told) == 1


def test_a_folder_of_counts_that_the_operator_chose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made where it is not there, used, and left with all that lies in it, for the next start too."""
    chosen = tmp_path / "counts" / "of-ours"
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(chosen))
    (tmp_path / "site").mkdir()
    site = Site(tmp_path / "site", "7.10.2", program=COMMAND)
    site.fill(fill_as_recorded)
    with site:
        assert list(chosen.glob("*.db"))
        (chosen / "precious.txt").touch()
    with site:
        assert (chosen / "precious.txt").exists()
        assert post_json(site.url, "/Api/access_token", PASSWORD).status == 200
