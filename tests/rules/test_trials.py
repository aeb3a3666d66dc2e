"""Golden cases run: what fails and why, what they cover, and which mistakes in a table they would let pass."""

from datetime import date

from o2c_rules.cases import cases_of
from o2c_rules.rulebook import RuleBook
from o2c_rules.trials import Thresholds, run
from o2c_rules.trials.coverage import coverage_of
from o2c_rules.trials.mutants import mutate
from o2c_rules.trials.running import versions_of
from o2c_rules.trials.suggesting import suggested
from o2c_rules.trials.writing import as_yaml

HOLD = """
table: t/hold
policy: F
version_by: recorded
facts: {amount_minor: money, currency: text, risk: text, days: {type: number, missing: undecided}}
outcome: {then: text}
default: {then: go}
rows:
  - {id: late, days: "> 30", then: hold}
  - {id: large, amount_minor: ">= 100.00 EUR", currency: EUR, risk: "b, c", then: ask}
"""
GOLDEN = """
- case: late
  facts: {amount_minor: 5, currency: EUR, risk: a, days: 31}
  expect: {rows: [late]}
- case: large
  facts: {amount_minor: 10000, currency: EUR, risk: b, days: 0}
  expect: {rows: [large], outcome: {then: ask}}
- case: neither
  facts: {amount_minor: 9999, currency: EUR, risk: b, days: 0}
  expect: {rows: [], outcome: {then: go}}
"""


def book(table: str = HOLD, cases: str = GOLDEN) -> RuleBook:
    name = table.split("table: ")[1].split(maxsplit=1)[0]
    return RuleBook({f"{name}.yaml": table.encode(), f"{name}.cases.yaml": cases.encode()})


def version(made: RuleBook):
    (name,) = made.tables
    (found,) = versions_of(made, name, cases_of(made, name))
    return found


def test_a_case_that_fails_is_named_with_its_line_and_the_tables_explanation() -> None:
    trial = run(book(cases=GOLDEN.replace("rows: [late]", "rows: [large]")))

    (failure,) = trial.failures
    assert (failure.where, failure.sentence) == ("t/hold.cases.yaml:2", "late")
    assert (failure.expected, failure.answered) == (("rows ['large']",), ("rows ['late']",))
    assert not trial.ok
    assert run(book()).ok


def test_a_row_is_covered_when_it_answers_in_a_case() -> None:
    without_large = GOLDEN.split("- case: large", maxsplit=1)[0]

    assert coverage_of(version(book())).row.percent == 100
    assert coverage_of(version(book(cases=without_large))).row.missing == ("large",)
    assert coverage_of(version(book(cases=without_large))).row.percent == 50


def test_a_cell_is_covered_when_a_case_fails_in_it_alone() -> None:
    other_currency = (
        "- {case: dollars, facts: {amount_minor: 10000, currency: USD, risk: b, days: 0}, expect: {rows: []}}\n"
    )

    before = coverage_of(version(book())).cell
    after = coverage_of(version(book(cases=GOLDEN + other_currency))).cell

    assert before.missing == ("large: currency EUR", "large: risk b, c")
    assert after.missing == ("large: risk b, c",)


def test_a_boundary_is_covered_on_the_cut_and_one_unit_to_either_side() -> None:
    boundary = coverage_of(version(book())).boundary

    assert boundary.of == 6
    assert boundary.missing == (
        "amount_minor = 10001, one unit above the boundary 10000 of large",
        "days = 29, one unit below the boundary 30 of late",
        "days = 30, on the boundary 30 of late",
    )


def test_a_boundary_that_another_row_hides_is_not_asked_for() -> None:
    hidden = HOLD.replace("{id: late,", "{id: all, days: '>= 0', then: hold}\n  - {id: late,")

    assert coverage_of(version(book(hidden))).boundary.of == 2


def test_a_case_beside_the_boundary_counts_only_where_the_boundary_decides() -> None:
    elsewhere = "- {case: c, facts: {amount_minor: 10001, currency: USD, risk: b, days: 0}, expect: {rows: []}}\n"

    boundary = coverage_of(version(book(cases=GOLDEN + elsewhere))).boundary

    assert "amount_minor = 10001, one unit above the boundary 10000 of large" in boundary.missing


def test_mutants_that_no_case_notices_are_named_with_facts_that_tell() -> None:
    found = mutate(version(book()))

    changes = [(one.row, one.change) for one in found.unnoticed]
    assert changes == [("late", "> 29 for > 30"), ("large", "without c in b, c")]
    assert found.unnoticed[0].sheet.facts["days"] == 30
    assert found.unnoticed[1].sheet.facts["risk"] == "c"
    assert str(found.unnoticed[0]) == "t/hold.yaml:9: row late, days: > 29 for > 30"


def test_a_mutant_that_answers_the_same_everywhere_counts_as_equivalent() -> None:
    doubled = HOLD.replace('days: "> 30"', 'days: "[31..40], [35..50]"')

    found = mutate(version(book(doubled)))

    assert found.equivalent >= 2
    assert not any("[34..50]" in one.change or "[31..41]" in one.change for one in found.unnoticed)


def test_suggested_cases_close_every_reachable_boundary_and_notice_every_mutant() -> None:
    made = book()

    text = as_yaml(suggested(version(made)), date(2026, 1, 1))
    grown = book(cases=GOLDEN + text)

    assert "note: suggested" in text
    assert "days is 30, on the boundary of late" in text
    assert run(grown).ok
    assert run(grown).suggested == text.count("- case:")
    assert coverage_of(version(grown)).boundary.percent == 100
    assert mutate(version(grown)).unnoticed == ()


def test_a_suggested_case_changes_as_little_as_it_can_of_one_that_is_there() -> None:
    cases = {case.sentence: case for case in suggested(version(book()))}

    sheet = cases["days is 30, on the boundary of late"].facts

    assert sheet == {"amount_minor": 5, "currency": "EUR", "risk": "a", "days": 30}


def test_a_table_without_cases_gets_its_first_ones_suggested() -> None:
    made = RuleBook({"t/hold.yaml": HOLD.encode()})

    grown = book(cases=as_yaml(suggested(version(made)), date(2026, 1, 1)))

    assert run(grown).ok
    assert [getattr(coverage_of(version(grown)), part).percent for part in ("row", "boundary")] == [100, 100]


def test_boundaries_of_derived_columns_are_met_through_the_facts_they_rest_on() -> None:
    table = """
table: t/share
policy: F
version_by: recorded
facts: {exposure_minor: money, limit_minor: money}
derived: {over_minor: "max(0, exposure_minor - limit_minor)", used: {is: exposure_minor / limit_minor, unit: 0.01}}
outcome: {then: text}
default: {then: go}
rows:
  - {id: slightly, over_minor: "[1..500]", then: ask}
  - {id: far, used: "> 1.50", then: hold}
"""
    golden = "- {case: ok, facts: {exposure_minor: 1000, limit_minor: 1000}, expect: {rows: []}}\n"

    grown = book(table, golden + as_yaml(suggested(version(book(table, golden))), date(2026, 1, 1)))

    seen = {dict(asked.values)["over_minor"] for asked in version(grown).asked}
    assert {0, 1, 499, 500, 501} <= seen
    assert run(grown).ok
    assert coverage_of(version(grown)).boundary.percent == 100


SIGNS = """
table: t/signs
policy: F
version_by: recorded
facts: {days: number}
outcome: {then: text}
default: {then: z}
rows:
  - {id: early, days: "< 0", then: go}
  - {id: late, days: "> 10", then: hold}
"""
LATE = "- {case: late, facts: {days: 11}, expect: {rows: [late]}}\n"


def test_a_row_about_less_than_zero_is_held_like_any_other() -> None:
    before = version(book(SIGNS, LATE))

    found, covered = mutate(before), coverage_of(before)
    grown = book(SIGNS, LATE + as_yaml(suggested(version(book(SIGNS, LATE))), date(2026, 1, 1)))

    assert found.equivalent == 0
    assert {"< 1 for < 0", "< -1 for < 0"} <= {one.change for one in found.unnoticed if one.row == "early"}
    assert "days = -1, one unit below the boundary 0 of early" in covered.boundary.missing
    assert mutate(version(grown)).unnoticed == ()
    assert [getattr(coverage_of(version(grown)), part).percent for part in ("row", "cell", "boundary")] == [100] * 3


def test_what_never_is_negative_is_not_asked_about_below_zero() -> None:
    from_zero = SIGNS.replace('"< 0"', '"<= 0"')

    boundary = coverage_of(version(book(from_zero, LATE))).boundary

    assert [text for text in boundary.missing if "-1" in text] == []
    assert any("days = 0, on the boundary" in text for text in boundary.missing)


def test_a_row_that_never_answered_gets_a_case_first() -> None:
    table = SIGNS.replace('days: "< 0"', "word: [a, b]").replace("{days: number}", "{days: number, word: text}")

    first, *_ = suggested(version(book(table, LATE)))
    grown = book(table, LATE + as_yaml([first], date(2026, 1, 1)))

    assert (first.sentence, first.rows) == ("early answers", ("early",))
    assert coverage_of(version(grown)).row.percent == 100


SHARES = """
table: t/shares
policy: F
version_by: recorded
facts: {short_minor: money, total_minor: money}
derived: {percent: {is: short_minor * 100 / total_minor, unit: 0.000001}}
outcome: {then: text}
default: {then: go}
rows:
  - {id: small, short_minor: "%s", percent: "<= 5", then: drop}
"""
SHARE = "- {case: c, facts: {short_minor: 5, total_minor: 100}, expect: {rows: [small]}}\n"


def test_a_fine_share_is_met_by_a_part_of_something_large() -> None:
    made = book(SHARES % ">= 0", SHARE)

    cases = list(suggested(version(made)))
    covered = coverage_of(version(book(SHARES % ">= 0", SHARE + as_yaml(cases, date(2026, 1, 1)))))

    assert {"short_minor": 4_999_999, "total_minor": 100_000_000} in [dict(case.facts) for case in cases]
    assert (covered.boundary.percent, covered.unreached) == (100, ())


def test_a_boundary_at_which_no_facts_were_found_is_left_out_of_the_count_and_said() -> None:
    covered = coverage_of(version(book(SHARES % "<= 5", SHARE)))

    assert covered.unreached == (
        "percent = 4.999999, one unit below the boundary 5 of small",
        "percent = 5.000001, one unit above the boundary 5 of small",
    )
    assert covered.as_json()["boundary"]["unreached"] == list(covered.unreached)


def test_each_version_of_a_table_is_covered_by_the_cases_of_its_time() -> None:
    files = {
        "t/a@2026.yaml": b"{table: t/a, policy: F, version_by: recorded, effective_to: 2026-12-31, facts: {n: number},"
        b" outcome: {then: text}, rows: [{id: A, n: 1, then: x}]}",
        "t/a@2027.yaml": b"{table: t/a, policy: F, version_by: recorded, effective_from: 2027-01-01,"
        b" facts: {n: number}, outcome: {then: text}, rows: [{id: B, n: 2, then: y}]}",
        "t/a.cases.yaml": b"- {case: new, facts: {n: 2}, expect: {rows: [B]}}",
    }

    old, new = run(RuleBook(files)).coverage

    assert (old.cases, old.row.percent) == (0, 0)
    assert (new.cases, new.row.percent) == (1, 100)


def test_thresholds_say_what_is_missed() -> None:
    found = coverage_of(version(book()))

    assert list(Thresholds(row=100, cell=50, boundary=50).missed(found)) == []
    assert list(Thresholds(row=100, cell=75, boundary=51).missed(found)) == [
        "t/hold.yaml: cell coverage is 50 %, 75 % are wanted",
        "t/hold.yaml: boundary coverage is 50 %, 51 % are wanted",
    ]


def test_the_shipped_books_hold_and_every_row_answers_in_a_case() -> None:
    trial = run(RuleBook.shipped())

    assert trial.failures == ()
    assert [c.file for c in trial.coverage if c.row.percent < 100] == []
    assert trial.as_json()["ok"]


def test_what_is_suggested_for_the_shipped_books_closes_their_boundaries() -> None:
    shipped = RuleBook.shipped()
    files = dict(shipped.files)
    for name in shipped.tables:
        for one in versions_of(shipped, name, cases_of(shipped, name)):
            beside = one.table.file.rpartition(".")[0] + ".cases.yaml"
            files[beside] = files.get(beside, b"") + b"\n" + as_yaml(suggested(one), date(2026, 1, 1)).encode()

    trial = run(RuleBook(files))

    assert trial.failures == ()
    assert [c.file for c in trial.coverage if c.boundary.percent < 100] == []
