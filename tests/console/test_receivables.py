"""A file of receivables is read as a person reads it, or each line that cannot be is named."""

import csv
from pathlib import Path

import pytest
from o2c_console.receivables import COLUMNS, BadFile, read

GOOD = ["harbour", "1", "1/2/2012", "2/1/2012", "1055.94", "No", "1/12/2012"]


def written(folder: Path, *rows: list[str]) -> Path:
    path = folder / "receivables.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return path


def with_amount(text: str) -> list[str]:
    return [*GOOD[:4], text, *GOOD[5:]]


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1,055.94", "1e3", "1_000", "$10", "", "ten", "१०"])
def test_what_is_no_figure_is_named_with_its_line_and_shown_a_good_one(tmp_path, text):
    path = written(tmp_path, GOOD, with_amount(text))

    with pytest.raises(BadFile) as refused:
        read(path)

    assert refused.value.findings == (f"{path}:3: amount {text!r} is no figure like 1055.94",)


@pytest.mark.parametrize("text", ["0", "-5.00", "10.001"])
def test_a_figure_that_is_no_amount_of_cents_is_named_with_its_line(tmp_path, text):
    path = written(tmp_path, with_amount(text))

    with pytest.raises(BadFile) as refused:
        read(path)

    assert refused.value.findings == (f"{path}:2: amount {text!r} is no positive amount in cents",)


@pytest.mark.parametrize(("text", "cents"), [("1055.94", 105594), ("7", 700), ("7.5", 750), (" 7.50 ", 750)])
def test_a_figure_is_its_cents(tmp_path, text, cents):
    [row] = read(written(tmp_path, with_amount(text)))

    assert row.amount_minor == cents


def test_a_row_that_breaks_off_is_named(tmp_path):
    path = written(tmp_path, GOOD[:5])

    with pytest.raises(BadFile) as refused:
        read(path)

    assert refused.value.findings == (f"{path}:2: the row has fewer columns than the first line",)
