"""CPU seconds of a check over large tables of six columns with wildcards: `python tests/bench/checks.py`.

Asserts nothing: `tests/rules/test_check_size.py` counts the steps, which no busy machine changes.
"""

import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from o2c_rules.checking.partition import Partition
from o2c_rules.table import Policy

from tests.rules.large import LARGE, NARROW, WIDE, table


def main() -> None:
    print(f"{'rows':>6} {'bands':8} {'policy':6} {'CPU s':>6}  findings")
    for rows in LARGE:
        for width in (NARROW, WIDE):
            for policy in (Policy.FIRST, Policy.UNIQUE, Policy.ANY):
                found = table(rows, policy, width)
                began = time.process_time()
                flaws = Counter(str(flaw.kind) for flaw in Partition(found).flaws())
                spent = time.process_time() - began
                told = ", ".join(f"{count} {kind}" for kind, count in sorted(flaws.items()))
                print(f"{rows:>6,} {width.name:8} {policy:6} {spent:>6.2f}  {told}")


if __name__ == "__main__":
    main()
