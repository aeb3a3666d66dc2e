"""A store of rules on another machine: read over HTTP from a real server, and never a reason to stop deciding."""

import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import orjson
import pytest
from o2c_chassis.auth import LocalPeople, People, Person
from o2c_chassis.clock import RealClock
from o2c_chassis.http import app_of
from o2c_chassis.rules_over_http import RulesOverHttp
from o2c_chassis.serving import Address, address, rules_of
from o2c_chassis.settings import Auth, BadSettings
from o2c_console.local_server import free_port
from o2c_console.rules_desk import RulesDesk, rules_of_desk
from o2c_rules.bundles import RELEASES, Approval, Store
from o2c_rules.hot import HotBook
from pydantic import SecretStr

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
TWO = Approval("ana", "ben", "RULE-7")
PEOPLE = People(default="olga", people={"olga": Person(roles=("operator",))})


class Served:
    """A store's folder behind a real server, to stop and start again at the same address."""

    def __init__(self, folder: Path) -> None:
        self.store, self.port = Store(folder), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._server: Address | None = None

    def start(self) -> None:
        app = app_of("o2c", LocalPeople(PEOPLE))
        app.include_router(rules_of_desk(RulesDesk(Store(self.store.folder), RealClock())))
        self._server = address(app, Auth(http_host="127.0.0.1", http_port=self.port))
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        if self._server is not None:
            self._server.should_exit = True
            self._thread.join()
            self._server = None

    def release(self, folder: Path, limit: int) -> str:
        folder.mkdir(exist_ok=True)
        (folder / "credit.yaml").write_text(
            f"""
table: credit
policy: F
version_by: recorded
facts: {{amount: number}}
outcome: {{then: text}}
rows: [{{id: R, amount: "> {limit}", then: hold, basis: house}}]
"""
        )
        bundle = self.store.publish(folder)
        self.store.release(bundle, NEW_YEAR, TWO)
        return bundle


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path / "store")
    made.release(tmp_path / "a", 100)
    made.start()
    yield made
    made.stop()


def test_a_release_on_another_machine_is_in_use_after_the_next_look(served: Served, tmp_path: Path) -> None:
    hot = HotBook(RulesOverHttp(served.url))
    assert hot.poll()
    first = hot.at(NEW_YEAR).hash

    second = served.release(tmp_path / "b", 200)

    assert first == served.store.releases()[0].bundle
    assert hot.poll()
    assert hot.at(NEW_YEAR).hash == second
    assert hot.at(NEW_YEAR).decide("credit", {"amount": 150}, NEW_YEAR.date())["then"] is None


def test_a_store_that_does_not_answer_leaves_the_good_book_deciding_and_says_so(served: Served, tmp_path: Path) -> None:
    hot = HotBook(RulesOverHttp(served.url))
    hot.poll()
    in_use = hot.at(NEW_YEAR)

    served.stop()
    second = served.release(tmp_path / "b", 200)

    assert not hot.poll()
    assert "does not answer" in str(hot.problem)
    assert hot.at(NEW_YEAR) is in_use

    served.start()

    assert hot.poll()
    assert (hot.problem, hot.at(NEW_YEAR).hash) == (None, second)


def test_a_service_that_begins_while_the_store_is_silent_knows_no_rules(served: Served) -> None:
    served.stop()
    hot = HotBook(RulesOverHttp(served.url))

    assert not hot.poll()
    assert hot.releases == ()


def test_what_was_read_does_not_travel_again(served: Served) -> None:
    first = httpx.get(f"{served.url}/v1/rules/releases")

    again = httpx.get(f"{served.url}/v1/rules/releases", headers={"if-none-match": first.headers["etag"]})

    assert first.content == (served.store.folder / RELEASES).read_bytes()
    assert (again.status_code, again.content) == (304, b"")


def test_a_damaged_chain_or_bundle_is_not_believed(served: Served, tmp_path: Path) -> None:
    hot = HotBook(RulesOverHttp(served.url))
    hot.poll()
    in_use = hot.at(NEW_YEAR)
    second = served.release(tmp_path / "b", 200)
    file = served.store.folder / "bundles" / second / "credit.yaml"
    file.write_text(file.read_text().replace("200", "900"))

    assert not hot.poll()
    assert "404" in str(hot.problem)

    chain = served.store.folder / RELEASES
    chain.write_bytes(chain.read_bytes().replace(b"RULE-7", b"RULE-8"))

    assert not hot.poll()
    assert "release 1" in str(hot.problem)
    assert hot.at(NEW_YEAR) is in_use


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"files": {"credit.yaml": b64encode(b"table: credit").decode()}}, "gave bundle"),
        ({"files": {"credit.yaml": "no Base64!"}}, "gave no bundle"),
        ({"files": []}, "gave no bundle"),
        ({}, "gave no bundle"),
    ],
)
def test_a_server_that_gives_another_bundle_than_was_asked_for_is_not_believed(
    served: Served, answer: object, problem: str
) -> None:
    chain = (served.store.folder / RELEASES).read_bytes()

    def lie(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer secret"
        return httpx.Response(200, content=chain if request.url.path.endswith("releases") else orjson.dumps(answer))

    hot = HotBook(RulesOverHttp("http://rules", "secret", client=httpx.Client(transport=httpx.MockTransport(lie))))

    assert not hot.poll()
    assert problem in str(hot.problem)


def test_looks_at_another_machine_are_seconds_apart(served: Served) -> None:
    now = [0.0]
    hot = HotBook(RulesOverHttp(served.url, pause_seconds=2), monotonic=lambda: now[0])
    hot.poll()

    for now[0], due in ((0.5, False), (1.9, False), (2.0, True)):
        assert hot.due() is due


def test_the_setting_takes_a_folder_or_an_http_address(tmp_path: Path) -> None:
    assert isinstance(rules_of("http://rules.example:8080", SecretStr("secret")), RulesOverHttp)
    assert isinstance(rules_of(str(tmp_path)), Store)
    assert isinstance(rules_of(f"file://{tmp_path}"), Store)
    with pytest.raises(BadSettings, match="neither a folder nor an http address"):
        rules_of("s3://rules")
