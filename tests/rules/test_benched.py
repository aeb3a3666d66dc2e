"""What `make bench-rules` measures: the table is as described, and every way to an answer gives the same one."""

from itertools import combinations

import pytest

from tests.bench.rules_bench import ours, peers
from tests.bench.rules_bench.matrix import Line, facts, lines


@pytest.mark.parametrize("collect", [False, True])
@pytest.mark.parametrize("size", [10, 300])
def test_all_ways_of_ours_answer_as_a_plain_loop_does(size: int, collect: bool) -> None:
    rows = lines(size)
    asks = [
        build(rows, collect=collect) for build in (peers.linear, ours.durable, ours.index, ours.decided, ours.explained)
    ]

    for sheet in facts(rows, 300):
        right, *others = (ask(sheet) for ask in asks)
        assert others == [right] * len(others)


def test_nine_rows_in_ten_are_disjoint_and_the_others_lie_over_them() -> None:
    rows = lines(1_000)

    disjoint = [line for line in rows if None not in line.words]
    overlapping = sum(meet(one, other) for one, other in combinations(disjoint, 2))

    assert len(rows) == 1_000
    assert 900 <= len(disjoint) < 940
    assert overlapping < 200
    assert sum(any(meet(line, other) for other in disjoint) for line in rows if None in line.words) > 50


def meet(one: Line, other: Line) -> bool:
    alike = all(a is None or b is None or a == b for a, b in zip(one.words, other.words, strict=True))
    below = one.low < (other.high or 10**9) and other.low < (one.high or 10**9)
    return alike and below
