"""From a file to rules in force: two people, the authority of the rules that hold, and a record that verifies."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import orjson
import pytest
from o2c_rules.bundles import RELEASES, Approval, BrokenChain, Store
from o2c_rules.formats import load, save
from o2c_rules.proof import engine
from o2c_rules.releasing import views
from o2c_rules.releasing.authority import AUTHORITY, LEAD, Person, Refusal, changed_tables
from o2c_rules.releasing.desk import Examine, ReleaseDesk, Sooner, Upload, Wish, uploaded
from o2c_rules.releasing.models import Schedule
from o2c_rules.releasing.reports import Reports, examine
from o2c_rules.rulebook import BOOKS, RuleBook
from o2c_rules.source import BadTable

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
RICK, RUTH = Person("rick", ("rules_analyst",)), Person("ruth", ("rules_analyst",))
CLARA, CORA = Person("clara", ("credit_manager",)), Person("cora", ("collector",))
CONRAD, FELIX = Person("conrad", ("controller",)), Person("felix", ("cfo",))
OLGA = Person("olga", ("operator", "publisher"))
MINUTE = timedelta(minutes=1)
WISH = Wish("RULE-17")

TABLE = """
table: orders/tolerance
title: Tolerance
policy: F
version_by: recorded
facts: {{risk_class: text}}
outcome: {{percent: number}}
default: {{percent: 0, because: none}}
rows: [{{id: R, risk_class: A, percent: {percent}, because: "class A", basis: house}}]
"""
CASES = """
- case: class A has its percents
  facts: {{risk_class: A}}
  expect: {{rows: [R], outcome: {{percent: {percent}}}}}
- case: nobody else has any
  facts: {{risk_class: B}}
  expect: {{rows: [], outcome: {{percent: 0}}}}
"""


def tolerance(percent: int, expected: int | None = None) -> Upload:
    files = {
        "tolerance.yaml": TABLE.format(percent=percent).encode(),
        "tolerance.cases.yaml": CASES.format(percent=percent if expected is None else expected).encode(),
    }
    return Upload(files, "tolerance.yaml")


def percent_of(book: RuleBook) -> object:
    return book.decide("orders/tolerance", {"risk_class": "A"}, NOON.date())["percent"]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Ten percent are in force, and the shipped tables of authority and lead."""
    folder = tmp_path / "books"
    for name in (AUTHORITY, LEAD):
        for ending in (".yaml", ".cases.yaml"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}{ending}").write_bytes((BOOKS / f"{name}{ending}").read_bytes())
    (folder / "orders").mkdir()
    for name, content in tolerance(10).files.items():
        (folder / "orders" / name).write_bytes(content)
    store = Store(tmp_path / "store")
    store.release(store.publish(folder), NOON - timedelta(days=30), Approval("shipped", "installation", "books"))
    return store


def at(store: Store, now: datetime = NOON) -> ReleaseDesk:
    return ReleaseDesk(store, now, examined_by=partial(examine, facts=50))


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


def approved(store: Store, upload: Upload, wish: Wish = WISH, now: datetime = NOON) -> str:
    filed = at(store, now).propose(RICK, upload, wish)
    at(store, now).review(CLARA, filed.proposal.id, approved=True, comment="")
    return filed.proposal.id


def test_a_change_is_proposed_by_one_approved_by_another_and_released(store: Store) -> None:
    filed = at(store).propose(RICK, tolerance(12), Wish("RULE-17", "class A was promised more"))
    reviewed = at(store).review(CLARA, "P-1", approved=True, comment="as agreed")
    release = at(store).release(RUTH, "P-1")

    assert (filed.proposal.id, filed.state, filed.proposal.tables) == ("P-1", "open", ("orders/tolerance",))
    assert filed.proposal.against == ()
    assert (reviewed.state, at(store).proposals["P-1"].state) == ("approved", "released")
    assert release.approval == Approval("rick", "clara", "RULE-17")
    assert (release.effective_from, release.about.released_by) == (NOON + MINUTE, "ruth")
    assert percent_of(store.book(store.current(NOON).bundle)) == 10
    assert percent_of(store.book(store.current(NOON + MINUTE).bundle)) == 12


def test_a_bundle_carries_its_reports(store: Store) -> None:
    filed = ReleaseDesk(store, NOON).propose(RICK, tolerance(12), WISH)

    details = views.of_details(store, filed)

    assert details["found"]["cases"]["ok"] is True
    assert details["found"]["cases"]["changed"]["tables"] == ["orders/tolerance"]
    assert details["found"]["check"]["findings"] == []
    proof = details["found"]["proof"]
    assert (proof["bundle"], proof["engine"], proof["differences"]) == (filed.proposal.bundle, engine(), [])
    assert proof["facts"] >= 10_000 * len(store.book(filed.proposal.bundle).tables)
    assert any(line.startswith("+") and "percent: 12" in line for line in details["changes"])


def test_the_author_may_not_review_whatever_their_roles(store: Store) -> None:
    both = Person("rick", ("rules_analyst", "credit_manager", "cfo"))
    at(store).propose(both, tolerance(12), WISH)

    with pytest.raises(Refusal, match="wrote P-1") as refused:
        at(store).review(both, "P-1", approved=True, comment="")

    assert refused.value.code == "own-proposal"


@pytest.mark.parametrize(
    ("who", "what"),
    [(CORA, "propose"), (OLGA, "propose"), (RUTH, "approve"), (CORA, "approve"), (CORA, "release")],
    ids=lambda found: found.name if isinstance(found, Person) else found,
)
def test_who_has_no_authority_in_the_table_that_is_in_force_is_refused(store: Store, who: Person, what: str) -> None:
    if what == "release":
        approved(store, tolerance(12))
    elif what == "approve":
        at(store).propose(RICK, tolerance(12), WISH)

    tries = {
        "propose": lambda: at(store).propose(who, tolerance(12), WISH),
        "approve": lambda: at(store).review(who, "P-1", approved=True, comment=""),
        "release": lambda: at(store).release(who, "P-1"),
    }
    with pytest.raises(Refusal, match=f"may not {what} orders/tolerance") as refused:
        tries[what]()

    assert refused.value.code == "no-authority"
    assert len(store.releases()) == 1


def test_authority_is_asked_of_the_bundle_in_force_and_not_of_the_proposed_one(store: Store) -> None:
    lax = (BOOKS / f"{AUTHORITY}.yaml").read_text().replace("role: [rules_analyst, controller]", "role: collector")
    upload = Upload({"release-authority.yaml": lax.encode()}, "release-authority.yaml")

    with pytest.raises(Refusal, match=r"cora .* may not propose"):
        at(store).propose(CORA, upload, WISH)
    with pytest.raises(Refusal, match=r"rick .* may not propose reference/release-authority"):
        at(store).propose(RICK, upload, WISH)
    at(store).propose(CONRAD, upload, WISH)
    with pytest.raises(Refusal, match=r"clara .* may not approve"):
        at(store).review(CLARA, "P-1", approved=True, comment="")
    at(store).review(FELIX, "P-1", approved=True, comment="")


def test_nothing_is_released_that_nobody_approved(store: Store) -> None:
    at(store).propose(RICK, tolerance(12), WISH)
    at(store).propose(RICK, tolerance(13), WISH)
    at(store).review(CLARA, "P-2", approved=False, comment="too much")

    for id_, state in (("P-1", "open"), ("P-2", "refused")):
        with pytest.raises(Refusal, match=f"{id_} is {state}"):
            at(store).release(RICK, id_)
    with pytest.raises(Refusal, match="P-2 is refused"):
        at(store).review(FELIX, "P-2", approved=True, comment="")
    with pytest.raises(Refusal, match="no proposal P-3"):
        at(store).release(RICK, "P-3")


def test_a_failing_golden_case_keeps_a_bundle_back_until_somebody_with_authority_overrides(store: Store) -> None:
    id_ = approved(store, tolerance(12, expected=11))

    with pytest.raises(Refusal, match="1 golden case not met: orders/tolerance: class A has its percents") as refused:
        at(store).release(RUTH, id_)
    with pytest.raises(Refusal, match=r"ruth .* may not override orders/tolerance"):
        at(store).release(RUTH, id_, "it is urgent")
    release = at(store).release(FELIX, id_, "the case is mended tomorrow, RULE-18")

    assert refused.value.code == "not-releasable"
    assert release.about.override is not None
    assert (release.about.override.by, release.about.override.reason) == (
        "felix",
        "the case is mended tomorrow, RULE-18",
    )
    assert "golden case" in release.about.override.against[0]
    assert store.releases()[-1] == release


def test_the_author_overrides_nothing(store: Store) -> None:
    mighty = Person("rick", ("rules_analyst", "cfo"))
    id_ = approved(store, tolerance(12, expected=11))

    with pytest.raises(Refusal, match="may not override"):
        at(store).release(mighty, id_, "because")


def test_what_takes_effect_before_services_can_be_ready_needs_an_override(store: Store) -> None:
    id_ = approved(store, tolerance(12), Wish("RULE-17", effective_from=NOON + timedelta(seconds=30)))

    with pytest.raises(Refusal, match="sooner than 60 s from now"):
        at(store).release(RICK, id_)
    release = at(store).release(FELIX, id_, "law of today")

    assert release.effective_from == NOON + timedelta(seconds=30)
    assert release.about.override is not None


def test_a_proposal_whose_base_was_replaced_is_proposed_again(store: Store) -> None:
    first, second = approved(store, tolerance(12)), approved(store, tolerance(13))
    at(store).release(RICK, first)

    with pytest.raises(Refusal, match="would hold at that instant") as refused:
        at(store, NOON + 2 * MINUTE).release(RICK, second)

    assert refused.value.code == "stale-base"
    again = approved(store, tolerance(13), now=NOON + 2 * MINUTE)
    assert at(store, NOON + 2 * MINUTE).release(RICK, again).n == 3


def test_a_release_that_is_to_come_is_not_silently_overruled(store: Store) -> None:
    tomorrow = approved(store, tolerance(12), Wish("RULE-17", effective_from=NOON + timedelta(days=1)))
    now = approved(store, tolerance(11))
    at(store).release(RICK, tomorrow)

    with pytest.raises(Refusal, match=r"release 2 is to take effect at 2026-06-02.*, and never would"):
        at(store).release(RICK, now)


def test_what_changes_nothing_cannot_be_read_or_leaves_its_folder_is_not_taken_in(store: Store) -> None:
    with pytest.raises(Refusal, match="in force already"):
        at(store).propose(RICK, tolerance(10), WISH)
    with pytest.raises(BadTable, match=r"tolerance\.yaml:1"):
        at(store).propose(RICK, Upload({"tolerance.yaml": b"table: ["}, "tolerance.yaml"), WISH)
    for path in ("../tolerance.yaml", "/etc/tolerance.yaml", "a/../../b.yaml", ""):
        with pytest.raises(Refusal, match="no path within"):
            at(store).propose(RICK, Upload({path: b""}), WISH)
    with pytest.raises(Refusal, match="the ticket is empty"):
        at(store).propose(RICK, tolerance(12), Wish(" "))
    with pytest.raises(Refusal, match="one line of at most"):
        at(store).propose(RICK, tolerance(12), Wish("RULE-17", "two\nlines"))
    with pytest.raises(Refusal, match="names no zone"):
        at(store).propose(RICK, tolerance(12), Wish("RULE-17", effective_from=datetime(2026, 7, 1)))  # noqa: DTZ001

    assert list(at(store).proposals) == []
    assert sorted(p.name for p in (store.folder / "bundles").iterdir()) == [store.releases()[0].bundle]


def test_a_bundle_without_a_table_that_the_services_ask_for_is_not_taken_in(store: Store) -> None:
    needs = store.book(store.releases()[0].bundle)
    folder = {name: content for name, content in needs.files.items() if not name.startswith("orders/")}
    desk = ReleaseDesk(store, NOON, needs=needs)

    with pytest.raises(Refusal, match="lacks the table orders/tolerance"):
        desk.propose(RICK, Upload(folder), WISH)


def test_a_rollback_is_a_release_that_restores_and_asking_again_goes_further_back(store: Store) -> None:
    at(store).release(RICK, approved(store, tolerance(12)))
    later = NOON + timedelta(hours=1)
    at(store, later).release(RICK, approved(store, tolerance(13), now=later))
    evening = NOON + timedelta(hours=6)

    [first] = at(store, evening).roll_back(OLGA, "INC-1")
    [second] = at(store, evening + MINUTE).roll_back(OLGA, "INC-2")

    assert [percent_of(store.book(r.bundle)) for r in (first, second)] == [12, 10]
    assert (first.n, first.about.restores, first.effective_from) == (4, 2, evening)
    assert first.approval == Approval("olga", "clara", "INC-1")
    assert second.about.restores == 1
    with pytest.raises(Refusal, match="nothing held before release 1"):
        at(store, evening + 2 * MINUTE).roll_back(OLGA, "INC-3")
    [named] = at(store, evening + 3 * MINUTE).roll_back(OLGA, "INC-4", to=3)
    assert percent_of(store.book(named.bundle)) == 13
    with pytest.raises(Refusal, match="in force already"):
        at(store, evening + 4 * MINUTE).roll_back(OLGA, "INC-5", to=3)


def test_who_rolls_back_needs_authority_and_an_instant_that_has_passed_needs_an_override(store: Store) -> None:
    at(store).release(RICK, approved(store, tolerance(12)))
    evening = NOON + timedelta(hours=6)

    with pytest.raises(Refusal, match=r"cora .* may not roll-back"):
        at(store, evening).roll_back(CORA, "INC-1")
    with pytest.raises(Refusal, match=r"olga .* may not override"):
        at(store, evening).roll_back(OLGA, "INC-1", sooner=Sooner(NOON, "as if it had never been"))
    both = Person("felix", ("cfo", "controller"))
    [made] = at(store, evening).roll_back(both, "INC-1", sooner=Sooner(NOON, "as if it had never been"))

    assert (made.effective_from, made.about.override is not None) == (NOON, True)


def test_a_release_that_never_came_into_force_is_taken_back_by_somebody_with_authority_only(store: Store) -> None:
    at(store).release(RICK, approved(store, tolerance(12), Wish("RULE-17", effective_from=NOON + timedelta(days=9))))

    with pytest.raises(Refusal, match="may not roll-back orders/tolerance"):
        at(store, NOON + MINUTE).roll_back(CORA, "INC-1")
    at(store, NOON + MINUTE).roll_back(OLGA, "INC-1")

    assert percent_of(store.book(store.current(NOON + timedelta(days=10)).bundle)) == 10


def test_contracts_are_cut_over_to_a_model_of_their_own_and_rolled_back_to_what_each_had(store: Store) -> None:
    first = approved(store, tolerance(20), Wish("FMO-1", contracts=("C-2",)))
    at(store).release(RICK, first)
    later = NOON + timedelta(hours=1)
    second = approved(store, tolerance(30), Wish("FMO-2", contracts=("C-3", "C-1")), later)
    at(store, later).release(RICK, second)
    evening = NOON + timedelta(hours=6)

    def percents(instant: datetime) -> list[object]:
        schedule = Schedule(store.releases())
        return [percent_of(store.book(schedule.at(instant, c).bundle)) for c in ("C-1", "C-2", "C-3", "C-4", None)]

    assert percents(NOON) == [10, 10, 10, 10, 10]
    assert percents(evening) == [30, 20, 30, 10, 10]

    [back] = at(store, evening).roll_back(OLGA, "INC-1")

    assert (back.scope.contracts, back.scope.returns) == (("C-1", "C-3"), True)
    assert percents(evening) == [10, 20, 10, 10, 10]
    with pytest.raises(Refusal, match="nothing held before"):
        at(store, evening + MINUTE).roll_back(OLGA, "INC-2")


def test_contracts_of_different_models_are_proposed_apart(store: Store) -> None:
    at(store).release(RICK, approved(store, tolerance(20), Wish("FMO-1", contracts=("C-2",))))

    with pytest.raises(Refusal, match="decided by different bundles"):
        at(store, NOON + 2 * MINUTE).propose(RICK, tolerance(30), Wish("FMO-2", contracts=("C-1", "C-2")))


def test_a_controller_overrides_for_single_contracts_and_not_for_all(store: Store) -> None:
    own = approved(store, tolerance(20, expected=1), Wish("FMO-1", contracts=("C-2",)))
    everybody = approved(store, tolerance(20, expected=1))

    assert at(store).release(CONRAD, own, "a pilot").about.override is not None
    with pytest.raises(Refusal, match="may not override"):
        at(store).release(CONRAD, everybody, "a pilot")


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


def test_a_report_or_proposal_that_was_touched_after_the_approval_is_not_released(store: Store) -> None:
    id_ = approved(store, tolerance(12, expected=1))
    file = store.folder / "proposals" / id_ / "proposal.json"
    body = orjson.loads(file.read_bytes())
    file.write_bytes(orjson.dumps(body | {"against": []}))

    with pytest.raises(Refusal, match="is not what clara approved"):
        at(store).release(RICK, id_)


def test_a_store_from_before_these_tables_is_governed_by_the_shipped_ones(tmp_path: Path) -> None:
    folder = tmp_path / "books" / "orders"
    folder.mkdir(parents=True)
    for name, content in tolerance(10).files.items():
        (folder / name).write_bytes(content)
    store = Store(tmp_path / "store")
    store.release(store.publish(folder.parent), NOON - MINUTE, Approval("ana", "ben", "RULE-1"))

    with pytest.raises(Refusal, match="may not propose"):
        at(store).propose(CORA, tolerance(12), WISH)

    assert at(store).release(RICK, approved(store, tolerance(12))).n == 2


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


def test_changed_tables_are_named_by_what_lies_beside_them(store: Store) -> None:
    base = store.book(store.releases()[0].bundle)
    cases = RuleBook({**base.files, "orders/tolerance.cases.yaml": CASES.format(percent=10).encode() + b"\n"})
    calendars = RuleBook({**base.files, "calendars.yaml": (BOOKS / "calendars.yaml").read_bytes()})

    assert changed_tables(base, cases) == ("orders/tolerance",)
    assert changed_tables(base, calendars) == ("calendars",)
    assert changed_tables(base, base) == ()


def test_a_file_is_uploaded_with_its_cases_and_a_folder_whole(tmp_path: Path) -> None:
    for name, content in tolerance(12).files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "other.yaml").write_bytes(b"x")

    one, whole = uploaded(tmp_path / "tolerance.yaml"), uploaded(tmp_path)

    assert (sorted(one.files), one.single) == (["tolerance.cases.yaml", "tolerance.yaml"], "tolerance.yaml")
    assert (sorted(whole.files), whole.single) == (["other.yaml", "tolerance.cases.yaml", "tolerance.yaml"], "")


def test_a_workbook_is_kept_as_text_in_the_place_of_the_file_it_came_from(store: Store) -> None:
    base = store.book(store.releases()[0].bundle)
    name = "orders/tolerance.yaml"
    held = load(name, base.files[name], base.files["orders/tolerance.cases.yaml"])
    same, other = save(held, "tolerance.xlsx"), tolerance(12).files
    wanted = save(load(name, *other.values()), "tolerance.xlsx")

    with pytest.raises(Refusal, match="in force already"):
        at(store).propose(RICK, Upload({"tolerance.xlsx": same}, "tolerance.xlsx"), WISH)
    filed = at(store).propose(RICK, Upload({"tolerance.xlsx": wanted}, "tolerance.xlsx"), WISH)

    book = store.book(filed.proposal.bundle)
    assert sorted(book.files) == sorted(base.files)
    assert (percent_of(book), filed.proposal.against) == (12, ())


def test_what_check_finds_keeps_a_bundle_back(store: Store) -> None:
    masked = TABLE.format(percent=12).replace("rows: [", "rows: [{id: ALL, percent: 1, basis: house}, ")
    id_ = approved(store, Upload({"tolerance.yaml": masked.encode()}, "tolerance.yaml"))

    with pytest.raises(Refusal, match=r"findings? of check: .*tolerance\.yaml"):
        at(store).release(RICK, id_)
