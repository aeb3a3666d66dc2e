"""The laws of each kind of table, each shown by one wrong change to the shipped books, which are clean as they are."""

from functools import cache

import pytest
from o2c_rules.checking import check
from o2c_rules.checking.flaws import Flaw, FlawKind, Severity
from o2c_rules.rulebook import RuleBook


def changed(*changes: tuple[str, str, str]) -> RuleBook:
    files = dict(RuleBook.shipped().files)
    for file, old, new in changes:
        text = files[file].decode()
        assert old in text, f"{file} holds no {old!r}"
        files[file] = text.replace(old, new, 1).encode()
    return RuleBook(files)


def flaws(kind: FlawKind, *changes: tuple[str, str, str]) -> list[Flaw]:
    tables = {change[0].rpartition(".")[0] for change in changes if not change[0].startswith("reference/")}
    return [flaw for flaw in check(changed(*changes), sorted(tables) or None) if flaw.kind is kind]


@cache
def shipped_flaws() -> tuple[Flaw, ...]:
    return check(RuleBook.shipped())


def test_the_shipped_books_have_no_finding() -> None:
    assert shipped_flaws() == ()


def test_every_shipped_table_says_its_kind() -> None:
    book = RuleBook.shipped()

    assert [name for name in book.tables if not all(version.kind for version in book.versions(name))] == []


def test_more_money_never_needs_less_approval() -> None:
    steps = "[2500.00 EUR..25000.00 EUR),goodwill,-,controller:1 sales_director:1"

    (flaw, *_) = flaws(
        FlawKind.NON_MONOTONE,
        ("billing/approvals.csv", steps, steps.replace("controller:1 sales_director:1", "billing_lead:1")),
    )

    assert flaw.rows == ("goodwill-weak-EUR", "goodwill-3-EUR")
    assert flaw.counter_example["amount_minor"] == 250_000
    assert "asks for controller:1" in flaw.text


def test_a_band_that_one_currency_lacks_is_uncovered_although_the_default_answers() -> None:
    line = "cancel-2-GBP,cancel-charge,GBP,[2000.00 GBP..8000.00 GBP)"

    (flaw,) = flaws(FlawKind.UNCOVERED, ("billing/approvals.csv", line, line.replace("8000", "7000")))

    assert flaw.text.endswith("amount_minor from 7,000.00 GBP below 8,000.00 GBP, currency GBP")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("orders/approvals.yaml", "cfo:1 controller:1", "treasurer:1 controller:1"), "nobody has the role treasurer"),
        (("orders/approvals.yaml", "cfo:1 controller:1", "cfo:1 controller:3"), "not enough"),
        (("orders/credit.yaml", "owner: collections_manager\n", "owner: collections_director\n"), "is not allowed"),
        (("collections/authority.yaml", "role: dispute_agent", "role: dispute_clerk"), "the role dispute_clerk"),
        (("reference/people.yaml", "roles: cfo, deputises: controller", "roles: auditor"), "nobody has the role cfo"),
    ],
)
def test_whoever_is_asked_exists_and_is_somebody_else(change: tuple[str, str, str], words: str) -> None:
    if words == "is not allowed":
        with pytest.raises(ValueError, match=words):
            changed(change)
        return
    found = flaws(FlawKind.MISSING_PERSON, change)

    assert any(words in flaw.text for flaw in found)


def test_on_every_day_somebody_stands_in_for_those_who_are_away() -> None:
    away = ("reference/absences.yaml", "person: felix, day", "person: [felix, sara, marta, berta], day")

    found = flaws(FlawKind.MISSING_PERSON, ("orders/approvals.yaml", "title: ", "title:  "), away)

    assert "while berta, felix, marta, sara are away" in found[0].text
    assert "from 2026-10-12 on" in found[0].text


@pytest.mark.parametrize(
    ("row", "old", "new", "kind"),
    [
        ("STANDARD-2", "next_level: 2", "next_level: 1", FlawKind.NOT_ESCALATING),
        ("BROKEN-1", "next_level: 1", "next_level: 2", FlawKind.SKIPPED_LEVEL),
        ("HAND-OVER", "    hand_over: second-level\n", "", FlawKind.NO_END),
    ],
)
def test_a_ladder_climbs_by_one_level_to_an_end(row: str, old: str, new: str, kind: FlawKind) -> None:
    text = RuleBook.shipped().files["collections/ladder.yaml"].decode()
    written = text[text.index(f"- id: {row}\n") :]

    assert flaws(kind, ("collections/ladder.yaml", written, written.replace(old, new, 1)))


def test_a_level_that_no_row_leads_to_is_skipped() -> None:
    step = 'share: "[50..80)", next_share: '
    book = changed(("orders/request-escalation.yaml", f"{step}80", f"{step}90"))

    kinds = {flaw.kind for flaw in check(book, ["orders/request-escalation"])}

    assert FlawKind.SKIPPED_LEVEL in kinds


NOTICE = "share_percent: 150\n    recipient: ar_manager"
LETTER = 'level: "2"\n    written_in: fr'
MENTION = "FR-late-payment-it,invoice,FR,it,-,"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (("orders/request-escalation.yaml", "to: controller", "to: credit_analyst"), FlawKind.NOT_ESCALATING),
        (("disputes/escalations.yaml", NOTICE, NOTICE.replace("ar_manager", "owner")), FlawKind.NOT_ESCALATING),
        (("disputes/targets.csv", "S-2,P2,-,240,960", "S-2,P2,-,1240,960"), FlawKind.NON_MONOTONE),
        (("disputes/targets.csv", "S-1,P1,-,60,480", "S-1,P1,-,60,4800"), FlawKind.NON_MONOTONE),
        (("disputes/targets.csv", "S-4,P4,-,", "S-4,P4,silver,"), FlawKind.INCOMPLETE),
        (("collections/letters.yaml", LETTER, LETTER.replace("2", "4")), FlawKind.MISSING_LETTER),
        (("disputes/confirmations.yaml", "language: ro", "language: rm"), FlawKind.MISSING_LETTER),
        (("billing/letters.csv", MENTION, MENTION.replace("-,", "false,")), FlawKind.MISSING_LETTER),
        (("orders/tolerance.yaml", "kind: {is: decision", "kind: {is: tolerances"), FlawKind.INCOMPLETE),
    ],
)  # fmt: skip
def test_each_kind_has_its_law(change: tuple[str, str, str], kind: FlawKind) -> None:
    found = flaws(kind, change)

    assert found
    assert all(flaw.hint for flaw in found)


BODY = """\
table: t/x
policy: F
version_by: recorded
effective_from: 2026-01-01
kind: decision
facts:
  currency: text
  amount: {type: number, unit: 0.01, missing: default 0.005}
  due: date
  spare: text
outcome: {a: text}
default: {a: z}
rows:
  - {id: R1, currency: EUX, amount: "< 5", a: x}
  - {id: R2, due: '< date("2025-12-31")', a: y}
"""
CASES = "- case: too fine\n  facts: {currency: EUX, amount: 1.234, due: 2026-02-01}\n  expect: {rows: [R1]}\n"


def test_the_lint_names_what_no_law_forbids() -> None:
    found = check(RuleBook({"t/x.yaml": BODY.encode(), "t/x.cases.yaml": CASES.encode()}))

    told = {flaw.text: (flaw.kind, flaw.severity) for flaw in found}
    assert told == {
        "the column spare decides nothing: no row asks about it": (FlawKind.UNREACHABLE, Severity.WARNING),
        "amount 0.005 in the head is finer than its unit 0.01": (FlawKind.INCOMPLETE, Severity.ERROR),
        "'EUX' is no currency, so nobody knows its minor units": (FlawKind.INCOMPLETE, Severity.ERROR),
        'row R2 asks for due < date("2025-12-31"), outside 2026-01-01 to 9999-12-31 when its table holds': (
            FlawKind.UNREACHABLE,
            Severity.WARNING,
        ),
        "no golden case is answered by row R2": (FlawKind.UNTESTED, Severity.ERROR),
        "'too fine' gives amount 1.234, finer than its unit 0.01": (FlawKind.INCOMPLETE, Severity.ERROR),
    }


def test_cases_that_no_longer_fit_hide_no_other_finding() -> None:
    cases = CASES.replace("[R1]", "[R9]")

    found = check(RuleBook({"t/x.yaml": BODY.encode(), "t/x.cases.yaml": cases.encode()}))

    assert ("t/x.cases.yaml:3", "no golden case: 'R9' is no row of t/x from 2026-01-01 on") in [
        (f.where, f.text) for f in found
    ]
    assert len(found) == 5
