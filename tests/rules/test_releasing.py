"""From a file to rules in force: two people, and the authority of the rules that hold."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from o2c_rules.bundles import Approval, Store
from o2c_rules.formats import load, save
from o2c_rules.releasing.authority import AUTHORITY, Person, Refusal, changed_tables
from o2c_rules.releasing.desk import ReleaseDesk, Upload, Wish, uploaded
from o2c_rules.rulebook import BOOKS, RuleBook
from o2c_rules.source import BadTable

from tests.rules.by_hand import RULES, changed, workbook
from tests.rules.desks import (
    CASES,
    CLARA,
    CONRAD,
    CORA,
    FELIX,
    MINUTE,
    NOON,
    OLGA,
    RICK,
    RUTH,
    WISH,
    approved,
    at,
    percent_of,
    store_in,
    tolerance,
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return store_in(tmp_path)


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


def test_several_files_are_proposed_together_and_not_under_one_name(store: Store, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    for name, dates in (
        ("tolerance.yaml", "effective_to: 2026-12-31"),
        ("tolerance@2027.yaml", "effective_from: 2027-01-01"),
    ):
        text = tolerance(12).files["tolerance.yaml"].decode().replace("version_by", f"{dates}\nversion_by")
        (tmp_path / name).write_text(text)
        (tmp_path / "other" / name).write_text(text)
    first, second = tmp_path / "tolerance.yaml", tmp_path / "tolerance@2027.yaml"

    filed = at(store).propose(RICK, uploaded(first, second), WISH)

    assert filed.proposal.tables == ("orders/tolerance",)
    assert len(store.book(filed.proposal.bundle).versions("orders/tolerance")) == 2
    with pytest.raises(Refusal, match=r"tolerance\.yaml comes twice"):
        uploaded(first, tmp_path / "other" / first.name)


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


def test_what_is_wrong_with_an_upload_is_named_at_the_places_of_the_upload(store: Store) -> None:
    cases = [["case", "days", "matching rows"], ["no such row", 5, "R9"]]
    bad = {
        "draft.xlsx": workbook({"cases": cases}),
        "table.xlsx": workbook({"rules": changed(RULES, 1, "days", "1,000"), "cases": cases}),
    }

    found = {}
    for name, content in bad.items():
        with pytest.raises(BadTable) as refused:
            at(store).propose(RICK, Upload({name: content}, name), WISH)
        found[name] = [finding.where for finding in refused.value.findings]

    assert found == {
        "draft.xlsx": ["draft.xlsx:cases!C2"],
        "table.xlsx": ["table.xlsx:cases!C2", "table.xlsx:rules!D2"],
    }
