"""What a release leaves behind: reports, a chain, and nothing that anybody could change unseen."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from o2c_rules.bundles import RELEASES, BrokenChain, Store
from o2c_rules.proof import engine
from o2c_rules.releasing import views
from o2c_rules.releasing.authority import Refusal
from o2c_rules.releasing.desk import Examine, ReleaseDesk, Upload
from o2c_rules.releasing.reports import Reports
from o2c_rules.releasing.witnesses import unrecorded, verified_whole
from o2c_rules.rulebook import RuleBook

from tests.rules.desks import CLARA, FELIX, NOON, RICK, TABLE, WISH, approved, at, store_in, tolerance


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return store_in(tmp_path)


def test_a_bundle_carries_its_reports(store: Store) -> None:
    filed = ReleaseDesk(store, NOON).propose(RICK, tolerance(12), WISH)

    details = views.of_details(store, filed)

    assert details["found"]["cases"]["ok"] is True
    assert details["found"]["cases"]["changed"]["tables"] == ["orders/tolerance"]
    assert details["found"]["check"]["findings"] == []
    proof = details["found"]["proof"]
    assert (proof["bundle"], proof["engine"], proof["differences"]) == (filed.proposal.bundle, engine(), [])
    assert proof["facts"] >= 10_000 * len(store.book(filed.proposal.bundle).tables)
    [said] = [change["text"] for differs in details["differences"] for change in differs["changes"]]
    assert said.endswith("percent 10 -> 12")
    assert any(line.startswith("+") and "percent: 12" in line for line in details["changes"])


def test_a_reviewer_reads_which_cases_differ_and_not_how_they_are_written(store: Store) -> None:
    upload = tolerance(12)
    name = next(name for name in upload.files if name.endswith(".cases.yaml"))
    text = upload.files[name].decode()
    first = text.partition("- case: ")[2].partition("\n")[0]
    files = {**upload.files, name: text.replace(first, f'"{first}"', 1).encode() + MORE}
    table = upload.files[upload.single].decode().replace("title: Tolerance", "# by hand\ntitle: 'Tolerance'")
    files[upload.single] = table.encode()

    details = views.of_details(store, ReleaseDesk(store, NOON).propose(RICK, Upload(files, upload.single), WISH))

    at = details["changes"].index("--- orders/tolerance.cases.yaml")
    table_said, said = details["changes"][:at], details["changes"][at:]
    assert not any("itle" in line for line in table_said)
    assert [line.strip("+- ") for line in table_said[3:]] == ["percent: 10", "percent: 12"]
    assert said[2:] == [
        f" case: {first}: expects percent 10 -> 12",
        "+case: as drawn by hand (suggested, confirmed by nobody yet)",
    ]


MORE = b"""
- {case: as drawn by hand, note: suggested, facts: {risk_class: A}, expect: {outcome: {percent: 12}}}
"""


def differing(book: RuleBook, tables: Sequence[str]) -> Reports:
    """As if the executors did not agree, which no table makes them do."""
    return Reports({"proof": orjson.dumps({"engine": engine()})}, ("the executors differ: orders/tolerance on {}",))


def proved_by_another(book: RuleBook, tables: Sequence[str]) -> Reports:
    return Reports({"proof": orjson.dumps({"engine": "durable-rules 1.0"})}, ())


@pytest.mark.parametrize(
    ("examined_by", "why"), [(differing, "the executors differ"), (proved_by_another, "proved on durable-rules 1.0")]
)
def test_a_bundle_that_is_not_proved_for_this_engine_is_kept_back(store: Store, examined_by: Examine, why: str) -> None:
    ReleaseDesk(store, NOON, examined_by=examined_by).propose(RICK, tolerance(12), WISH)
    at(store).review(CLARA, "P-1", approved=True, comment="")

    with pytest.raises(Refusal, match=why):
        at(store).release(RICK, "P-1")


def test_what_check_finds_keeps_a_bundle_back(store: Store) -> None:
    masked = TABLE.format(percent=12).replace("rows: [", "rows: [{id: ALL, percent: 1, basis: house}, ")
    id_ = approved(store, Upload({"tolerance.yaml": masked.encode()}, "tolerance.yaml"))

    with pytest.raises(Refusal, match=r"findings? of check: .*tolerance\.yaml"):
        at(store).release(RICK, id_)


def test_a_byte_flipped_anywhere_names_the_first_bad_release(store: Store) -> None:
    at(store).release(RICK, approved(store, tolerance(12, expected=12)))
    later = NOON + timedelta(hours=1)
    at(store, later).release(FELIX, approved(store, tolerance(13, expected=1), now=later), "RULE-18")
    assert len(store.verify()) == 3
    second = store.releases()[1]
    bundle = store.folder / "bundles" / second.bundle
    [report] = [p for p in (bundle / "reports").iterdir() if p.name.startswith("cases-")]
    chain = store.folder / RELEASES
    third = chain.read_bytes().rindex(b"felix")

    for path, place, release in ((report, 9, 2), (bundle / "orders" / "tolerance.yaml", 30, 2), (chain, third, 3)):
        good = path.read_bytes()
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])

        with pytest.raises(BrokenChain) as broken:
            Store(store.folder).verify()

        assert broken.value.release == release
        path.write_bytes(good)


def test_lines_that_are_cut_off_the_end_are_known_from_the_proposals_that_became_them(store: Store) -> None:
    at(store).release(RICK, approved(store, tolerance(12)))
    later = NOON + timedelta(hours=1)
    at(store, later).release(RICK, approved(store, tolerance(13), now=later))
    chain = store.folder / RELEASES
    lines = chain.read_bytes().splitlines(keepends=True)
    assert len(verified_whole(store)) == 3

    for kept, gone in ((2, 3), (1, 2), (0, 2)):
        chain.write_bytes(b"".join(lines[:kept]))

        with pytest.raises(BrokenChain, match=f"release {gone}: it is gone: P-{gone - 1} became it") as broken:
            verified_whole(store)

        assert broken.value.release == gone


def test_lines_that_are_cut_off_are_known_from_the_services_that_have_read_them(store: Store) -> None:
    releases = store.releases()

    assert list(unrecorded(releases, {"orders": 1})) == []
    assert list(unrecorded(releases, {"cash": 1, "orders": 2})) == [
        "release 2: it is gone: orders has read it, and the record ends with release 1"
    ]


def test_a_report_or_proposal_that_was_touched_after_the_approval_is_not_released(store: Store) -> None:
    id_ = approved(store, tolerance(12, expected=1))
    file = store.folder / "proposals" / id_ / "proposal.json"
    body = orjson.loads(file.read_bytes())
    file.write_bytes(orjson.dumps(body | {"against": []}))

    with pytest.raises(Refusal, match="is not what clara approved"):
        at(store).release(RICK, id_)


def test_a_line_without_the_newer_fields_keeps_its_hash(tmp_path: Path) -> None:
    line = (
        b'{"approver":"ben","author":"ana","bundle":"' + b"a" * 64 + b'","effective_from":"2026-01-01T00:00:00+00:00",'
        b'"hash":"2fb222402dc365f6a2b23d9245d383912e817f077e7e19eb6fdb77a68c648858","n":1,"previous":"'
        + b"0" * 64
        + b'","ticket":"RULE-7"}\n'
    )
    store = Store(tmp_path)
    (tmp_path / RELEASES).write_bytes(line)

    [release] = store.releases()

    assert release.as_line() == line
