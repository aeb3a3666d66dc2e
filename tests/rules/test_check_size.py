"""A check grows with the rows and their clashes, never with the number of combinations of facts."""

from math import prod

import pytest
from o2c_rules.checking.partition import Partition
from o2c_rules.checking.space import STEPS_MOST
from o2c_rules.table import Policy

from tests.rules.large import NARROW, WIDE, Width, table


@pytest.mark.parametrize("width", [NARROW, WIDE], ids=lambda width: width.name)
@pytest.mark.parametrize("policy", [Policy.FIRST, Policy.UNIQUE])
def test_a_thousand_rows_are_checked_in_few_steps(policy: Policy, width: Width) -> None:
    partition = Partition(table(1_000, policy, width))

    flaws = list(partition.flaws())

    combinations = prod(column.present.bit_count() for column in partition.space.columns)
    assert flaws
    assert partition.space.steps < STEPS_MOST / 10 < combinations / 100
