"""Every known limit of durable-rules is sharded away, coded away or refused; none is ever reached."""

import gc
import itertools
import json
import resource
import subprocess
import sys
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_rules import durable, shards
from o2c_rules.cells import parse
from o2c_rules.codes import Coding
from o2c_rules.compiled import Compiled
from o2c_rules.durable import Durable, EngineFailed, check_names, fnv1a
from o2c_rules.projection import Projection
from o2c_rules.rulebook import RuleBook
from o2c_rules.shards import Leaf, TooLarge, plan
from o2c_rules.table import Fact, Outcome, Policy, Row, Table, VersionBy
from o2c_rules.values import Kind

from tests.rules.generated import DAY, sheets, tables
from tests.rules.naive import answers

ENGINE = import_module("durable_rules_engine")
COERCED = [
    (Kind.NUMBER, "1", 1, True),
    (Kind.NUMBER, "1", Decimal("1.0"), "1"),
    (Kind.NUMBER, "1", 1, 1.0),
    (Kind.MONEY, "1", 1, Decimal(1)),
    (Kind.TEXT, '"5"', "5", 5),
    (Kind.TEXT, '"true"', "true", True),
    (Kind.BOOLEAN, "true", True, 1),
    (Kind.BOOLEAN, "true", True, "true"),
    (Kind.BOOLEAN, "false", False, 0),
    (Kind.DATE, 'date("2026-01-31")', date(2026, 1, 31), "2026-01-31"),
]


def table(kinds: dict[str, Kind], rows: list[dict[str, str]], policy: Policy = Policy.COLLECT) -> Table:
    """Cells by fact, as an analyst writes them."""
    return Table(
        name="t/limits",
        file="t/limits.yaml",
        policy=policy,
        version_by=VersionBy.RECORDED,
        facts=tuple(Fact(name, kind) for name, kind in kinds.items()),
        outcomes=(Outcome("then", Kind.TEXT),),
        rows=tuple(
            Row(f"R{n}", {name: parse(cell, kinds[name]) for name, cell in cells.items()}, {"then": str(n)})
            for n, cells in enumerate(rows)
        ),
    )


def asked(made: Table, *sheets_: dict[str, Any]) -> Iterator[tuple[list[str], list[str]]]:
    """What the engine and the naive interpreter say."""
    coding, projection = Coding(made), Projection(made)
    engine = Durable(coding)
    for sheet in sheets_:
        codes = coding.of(projection.of(sheet))
        first, every = engine.first(codes), [f"R{row}" for row in engine.every(codes)]
        assert every[:1] == ([] if first is None else [f"R{first}"])
        yield every, answers(made, sheet) or []


def agree(made: Table, *sheets_: dict[str, Any]) -> None:
    for found, expected in asked(made, *sheets_):
        assert found == expected


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are cut where the engine's limits demand it, and not for speed before they do."""
    monkeypatch.setattr(shards, "ROWS_WISHED", shards.RULES_MOST)


@pytest.mark.usefixtures("whole")
def test_more_rows_than_the_engine_takes_rules_are_sharded() -> None:
    kinds = dict.fromkeys(("kind", "place", "size"), Kind.TEXT)
    cells = [{"kind": f"k{n % 20}", "place": f"p{n // 20 % 15}", "size": f"s{n // 300}"} for n in range(4_200)]
    made = table(kinds, cells)

    assert not isinstance(plan(Coding(made)), Leaf)
    agree(made, cells[0], cells[4_095], cells[4_096], cells[4_199], {**cells[7], "size": "s14"}, {"kind": "k3"})


@pytest.mark.usefixtures("whole")
def test_65_conditions_true_at_once_are_sharded() -> None:
    made = table({"amount": Kind.MONEY}, [{"amount": f">= {n}"} for n in range(150)])

    assert not isinstance(plan(Coding(made)), Leaf)
    agree(made, *({"amount": a} for a in (-1, 0, 1, 63, 64, 65, 149, 150, 10_000)))


@pytest.mark.usefixtures("whole")
def test_600_different_first_conditions_are_sharded() -> None:
    made = table({"customer": Kind.TEXT}, [{"customer": f"C{n}"} for n in range(600)])

    assert not isinstance(plan(Coding(made)), Leaf)
    agree(made, *({"customer": c} for c in ("C0", "C511", "C512", "C599", "C600", "")), {})


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize("cell", ["-", "> 5", "not(7)"])
def test_300_rows_with_the_same_last_condition_are_sharded(cell: str) -> None:
    made = table({"amount": Kind.MONEY}, [{"amount": cell} if cell != "-" else {} for _ in range(300)])

    assert not isinstance(plan(Coding(made)), Leaf)
    agree(made, {"amount": 6}, {"amount": 7}, {"amount": 5}, {"amount": None}, {})


@pytest.mark.usefixtures("whole")
def test_200_columns_fit_into_one_message_and_more_properties_do_not_have_to() -> None:
    wide = table({f"f{n}": Kind.BOOLEAN for n in range(200)}, [{f"f{n}": "true" for n in range(200)}])
    sets = table(
        {"kind": Kind.TEXT, "day": Kind.TEXT},
        [{"kind": f"k{n % 60}", "day": f"d{n}, d{n + 2}, d{n + 5}"} for n in range(300)],
    )

    assert not isinstance(plan(Coding(sets)), Leaf)
    agree(wide, {f"f{n}": True for n in range(200)}, {f"f{n}": n != 199 for n in range(200)})
    agree(sets, *({"kind": f"k{n % 60}", "day": f"d{n}"} for n in (0, 5, 100, 254, 299)))


def test_a_cell_of_several_tests_fires_its_row_once() -> None:
    made = table({"amount": Kind.MONEY}, [{"amount": "< 10, < 20, 5, [3..7]"}, {"amount": "not(5, > 100)"}])

    agree(made, {"amount": 5}, {"amount": 6}, {"amount": 15}, {"amount": 101}, {"amount": None})


def test_a_missing_operand_never_compares_with_what_lay_there_before() -> None:
    text = """
table: t/operand
policy: C
version_by: recorded
facts: {exposure: money, limit: money, kind: text}
derived: {over: exposure - limit}
outcome: {then: text}
rows: [{id: HOLD, kind: order, over: "> 0", then: hold}, {id: GO, kind: order, over: "<= 0", then: release}]
"""
    book = RuleBook({"t/operand.yaml": text.encode()})

    for _ in range(50):
        assert len(book.decide("t/operand", {"kind": "order", "exposure": 5, "limit": 1}, DAY).rows) == 1
        assert book.decide("t/operand", {"kind": "order", "exposure": 5}, DAY).rows == ()


@pytest.mark.parametrize(
    ("cell", "value", "fires"),
    [
        ("> 9223372036854775807", 2**63 + 10, True),
        ("9223372036854775807", 2**64 + 5, False),
        ("> 9223372036854775807", -(2**80), False),
        ("> 0.1", Decimal("0.1" + "0" * 40 + "1"), True),
        ("> 0.1", Decimal("0.1"), False),
        ("> 0", Decimal("0.00001"), True),
        ("< 10000000000000000", Decimal("1E+16"), False),
        ("1000000000000000", Decimal("1000000000000000.02"), False),
    ],
)
def test_numbers_of_any_size_and_fineness_are_exact(cell: str, value: int | Decimal, fires: bool) -> None:
    [(found, _)] = asked(table({"x": Kind.NUMBER}, [{"x": cell}]), {"x": value})

    assert (found == ["R0"]) is fires


def test_names_that_the_engine_cannot_tell_apart_do_not_meet_in_it() -> None:
    assert fnv1a("liquid") == fnv1a("costarring")
    with pytest.raises(EngineFailed, match="cannot tell"):
        check_names(["liquid", "costarring"])

    made = table({"liquid": Kind.NUMBER, "costarring": Kind.NUMBER}, [{"liquid": "> 10"}, {"costarring": "> 50"}])

    agree(made, {"costarring": 99}, {"liquid": 20}, {"liquid": 20, "costarring": 60}, {"costarring": 20})


@pytest.mark.parametrize("value", ["ab!", "AB", "e\u0301", "xyz" + "z" * 65_533, 'x"', "x\\", "", "\u0000", "😀"])
def test_a_text_is_itself_or_it_is_another(value: str) -> None:
    made = table({"word": Kind.TEXT}, [{"word": w} for w in ("ab", "é", "xyz", "x")] + [{"word": "not(ab)"}])

    agree(made, {"word": value}, {"word": "ab"})


def test_a_row_that_asks_nothing_is_not_fired_by_the_engines_own_messages() -> None:
    made = table({"x": Kind.NUMBER}, [{}, {"x": "not(1)"}])

    for _ in range(3):
        agree(made, {"x": 1}, {"x": 2}, {}, {"x": None})


def test_one_session_serves_any_number_of_decisions(monkeypatch: pytest.MonkeyPatch) -> None:
    made = table({"x": Kind.NUMBER}, [{"x": "< 500"}, {"x": ">= 500"}])
    sent: list[dict[str, Any]] = []
    for name in ("assert_fact", "assert_event"):
        take = getattr(ENGINE, name)
        monkeypatch.setattr(
            f"o2c_rules.durable.engine.{name}", lambda handle, message, take=take: noted(sent, message, take, handle)
        )

    agree(made, *({"x": n} for n in range(1_100)))

    assert len(sent) > 2_200
    assert not any("sid" in message for message in sent)


def noted(sent: list[dict[str, Any]], message: str, take: Any, handle: int) -> Any:
    sent.append(json.loads(message))
    return take(handle, message)


def test_messages_whose_ids_the_engine_cannot_tell_apart_are_all_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fnv1a("40189") == fnv1a("797186")
    monkeypatch.setattr(durable, "_ids", itertools.cycle([40189, 797186, 797186]))
    made = table({"x": Kind.NUMBER}, [{"x": "< 5"}, {"x": "[3..8]"}])

    agree(made, *({"x": n} for n in range(10)))


@pytest.mark.parametrize("policy", [Policy.FIRST, Policy.COLLECT])
def test_an_error_amid_an_answer_comes_through_and_leaves_nothing_behind(
    policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = Compiled(table({"x": Kind.NUMBER}, [{"x": "> 5"}, {"x": "> 7"}, {"x": "< 3"}], policy))
    right = durable._row
    monkeypatch.setattr(durable, "_row", lambda _: int("no number"))

    with pytest.raises(ValueError, match="no number"):
        compiled.decide({"x": 9}, DAY, "bundle")
    monkeypatch.setattr(durable, "_row", right)

    for x, rows in ((1, ["R2"]), (4, []), (6, ["R0"]), (9, ["R0", "R1"]), (9, ["R0", "R1"])):
        found = [row.id for row in compiled.decide({"x": x}, DAY, "bundle").rows]
        assert found == (rows[:1] if policy is Policy.FIRST else rows)


def test_no_code_of_ours_runs_inside_the_engine() -> None:
    """Its own Python layer swallows what an action raises, warns on Python 3.12 for every action, and keeps threads."""
    program = (
        "import sys, threading\n"
        "from datetime import date\n"
        "from o2c_rules.rulebook import RuleBook\n"
        "book = RuleBook({'t.yaml': b'{table: t, policy: C, version_by: recorded, facts: {x: number}, '\n"
        "    b'outcome: {y: text}, rows: [{id: R1, x: 1, y: a}]}'})\n"
        "assert book.decide('t', {'x': 1}, date(2026, 1, 1))['y'] == 'a'\n"
        "print('durable' in sys.modules, threading.active_count())\n"
    )

    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)

    assert (done.stdout.split(), done.stderr) == (["False", "1"], "")


@pytest.mark.parametrize(("kind", "cell", "own", "like_it"), COERCED)
def test_values_that_the_engine_would_take_for_each_other_are_not(
    kind: Kind, cell: str, own: Any, like_it: Any
) -> None:
    compiled = Compiled(table({"x": kind}, [{"x": cell}]))

    assert [row.id for row in compiled.decide({"x": own}, DAY, "bundle").rows] == ["R0"]
    other = compiled.decide({"x": like_it}, DAY, "bundle")

    assert other.rows == ()
    assert other.undecided


def test_threads_that_ask_one_table_do_not_disturb_each_other() -> None:
    compiled = Compiled(
        table({"x": Kind.NUMBER}, [{"x": f"[{n * 10}..{n * 10 + 10})"} for n in range(20)], Policy.COLLECT)
    )

    def wrong(seed: int) -> int:
        return sum(
            [row.id for row in compiled.decide({"x": n % 200}, DAY, "bundle").rows] != [f"R{n % 200 // 10}"]
            for n in range(seed, seed + 2_000)
        )

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(wrong, range(0, 400, 100))) == [0, 0, 0, 0]


def test_memory_does_not_grow_over_100_reloads() -> None:
    made = table(
        {"customer": Kind.TEXT, "amount": Kind.MONEY}, [{"customer": f"C{n}", "amount": f">= {n}"} for n in range(150)]
    )
    coding = Coding(made)
    sheet = Projection(made).of({"customer": "C7", "amount": 10})
    for _ in range(10):
        Durable(coding).first(coding.of(sheet))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    for _ in range(100):
        assert Durable(coding).first(coding.of(sheet)) == 7

    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kb < 20_000


def test_a_table_is_given_back_at_once_though_the_collector_looks_away() -> None:
    gc.collect()
    gc.disable()
    try:
        compiled = Compiled(table({"x": Kind.NUMBER, "w": Kind.TEXT}, [{"x": "> 5", "w": "a"}], Policy.FIRST))
        compiled.decide({"x": 9, "w": "a"}, DAY, "bundle").explain()
        compiled.explain({"x": 3})
        gone = weakref.ref(compiled)
        del compiled

        assert gone() is None
    finally:
        gc.enable()


def test_a_table_is_given_back_even_if_it_never_matched_anything() -> None:
    made = table({"x": Kind.NUMBER}, [{"x": "> 5"}])
    for _ in range(20):
        coding = Coding(made)
        assert Durable(coding).first(coding.of({"x": 1})) is None


def test_a_table_that_no_cut_makes_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "COPIES_MOST", 50)
    made = table({"amount": Kind.MONEY}, [{"amount": f">= {n}"} for n in range(150)])

    with pytest.raises(TooLarge):
        plan(Coding(made))


@pytest.mark.parametrize("answer", [(2, 0), (3, 0), (0, 0)])
def test_a_strange_answer_of_the_engine_is_never_no_match(
    answer: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = Compiled(table({"x": Kind.NUMBER}, [{"x": "> 5"}], Policy.FIRST))
    monkeypatch.setattr("o2c_rules.durable.engine.assert_event", lambda handle, message: answer)

    with pytest.raises(EngineFailed):
        compiled.decide({"x": 6}, date(2026, 1, 1), "bundle")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
def test_however_a_table_is_cut_it_answers_the_same(data: st.DataObject) -> None:
    made: Table = data.draw(tables(policies=(Policy.RULE_ORDER,), rows_most=10))
    limits = {
        name: data.draw(st.integers(1, 4)) for name in ("RULES_MOST", "ROWS_WISHED", "SIBLINGS_MOST", "TWINS_MOST")
    }

    with pytest.MonkeyPatch.context() as patch:
        for name, value in limits.items():
            patch.setattr(shards, name, value)
        coding = Coding(made)
        engine = Durable(coding)
    for sheet in data.draw(st.lists(sheets(made), min_size=10, max_size=10)):
        codes = coding.of(Projection(made).of(sheet))
        assert [f"R{row}" for row in engine.every(codes)] == answers(made, sheet)
