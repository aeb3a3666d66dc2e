"""Golden cases of the calendars: each shipped calendar has one, they run with the others, and a wrong one is told."""

import pytest
from o2c_rules.calendar_cases import FILE
from o2c_rules.rulebook import BadTable, RuleBook
from o2c_rules.trials.running import of_calendars, run

SHIPPED = RuleBook.shipped()


def changed(before: bytes, after: bytes) -> RuleBook:
    content = SHIPPED.files[FILE]
    assert before in content
    return RuleBook({**SHIPPED.files, FILE: content.replace(before, after, 1)})


def test_each_shipped_calendar_has_a_case_and_all_of_them_hold() -> None:
    cases = of_calendars(SHIPPED)

    assert {case.calendar for case in cases} == set(SHIPPED.calendars)
    assert run(SHIPPED, coverage=False).ok


def test_a_case_that_does_not_hold_says_what_came_out() -> None:
    [failure] = run(
        changed(b"until: 2026-03-09T10:00+01:00", b"until: 2026-03-09T11:00+01:00"), coverage=False
    ).failures

    assert failure.table == "calendars"
    assert failure.where == f"{FILE}:6"
    assert (failure.expected, failure.answered) == (("2026-03-09T11:00:00+01:00",), ("2026-03-09T10:00:00+01:00",))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b"calendar: uk-office", b"calendar: moon-office", "no calendar"),
        (b"minutes: 120", b"minutes: two", "no number of minutes"),
        (b"from: 2026-03-02T12:00+01:00", b"from: 2026-03-02T12:00", "no instant with its offset"),
        (b"  minutes: 120\n", b"", "no case of a calendar"),
    ],
)
def test_what_is_no_case_is_refused_with_its_place(before: bytes, after: bytes, said: str) -> None:
    with pytest.raises(BadTable, match=said) as refused:
        of_calendars(changed(before, after))

    assert refused.value.findings[0].where.startswith(FILE)
