"""A table says what kind it is; which laws follow from that is the check's matter."""

import pytest
from o2c_rules.reading import read_table
from o2c_rules.source import BadTable

HEAD = "table: t/x\npolicy: F\nversion_by: recorded\nfacts: {amount: number}\noutcome: {then: text}\n"
ROWS = "rows:\n  - {id: R1, amount: '< 1', then: hold}\n"


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("", {}),
        ("kind: decision\n", {"is": "decision"}),
        ("kind: {is: approvals, amount: amount}\n", {"is": "approvals", "amount": "amount"}),
    ],
)
def test_a_table_may_say_what_kind_it_is_and_which_column_plays_which_part(written: str, kind: dict[str, str]) -> None:
    assert read_table("t/x.yaml", (HEAD + written + ROWS).encode()).kind == kind


def test_the_kind_stands_in_the_head_lines_of_a_csv_too() -> None:
    head = "# table: t/x\n# policy: F\n# version_by: recorded\n# kind.is: ladder\n# kind.level: a\n"
    text = head + "id,in:a:number,out:b:text\nR1,1,x\n"

    assert read_table("t/x.csv", text.encode()).kind == {"is": "ladder", "level": "a"}


@pytest.mark.parametrize("written", ["kind: [a]\n", "kind: {amount: amount}\n", "kind: {is: [a, b]}\n"])
def test_a_kind_that_is_no_set_of_texts_is_refused(written: str) -> None:
    with pytest.raises(BadTable, match="kind is neither a word nor a set of texts"):
        read_table("t/x.yaml", (HEAD + written + ROWS).encode())


def test_a_default_may_say_on_purpose_that_nothing_is_answered() -> None:
    table = read_table("t/x.yaml", (HEAD + "default: {because: nothing is due}\n" + ROWS).encode())

    assert table.default is not None
    assert (table.default.outcome, table.default.because) == ({"then": None}, "nothing is due")
