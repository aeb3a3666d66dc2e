"""The examples of rules/README.md are real: they load, and their cases hold."""

import re
from pathlib import Path
from typing import Any

from o2c_rules.cases import cases_of
from o2c_rules.rulebook import RuleBook

README: str = (Path(__file__).parents[2] / "rules" / "README.md").read_text()
BLOCKS: list[tuple[str, str]] = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)


def example(beginning: str) -> bytes:
    return next(text for _, text in BLOCKS if text.startswith(beginning)).encode()


def test_the_example_book_and_its_cases_hold() -> None:
    book = RuleBook(
        {"examples/release.yaml": example("table:"), "examples/release.cases.yaml": example("- case:")},
    )

    cases = cases_of(book, "examples/release")

    assert len(cases) == 4
    assert [failure for case in cases for failure in case.failures(book)] == []
    assert book.decide("examples/release", cases[0].facts, cases[0].on).because == (
        "61,000.00 EUR is 1,000.00 EUR over the limit of 60,000.00 EUR (101.7 %)",
    )


def test_the_example_in_csv_is_a_table_too() -> None:
    book = RuleBook({"examples/tolerance.csv": example("# table:")})

    assert book.tables == ("examples/tolerance",)


def test_the_python_example_runs() -> None:
    code = next(text for language, text in BLOCKS if language == "python")
    names: dict[str, Any] = {}

    exec(code, names)

    assert names["decision"]["zone"] == "Europe/Paris"
