"""CPU seconds of a check over large tables of six columns with wildcards: `python tests/bench/checks.py`.

First the whole check of approval matrices with people beside them, then the partition alone under every policy. Asserts
nothing: `tests/rules/test_check_size.py` counts the steps, which no busy machine changes.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from o2c_rules.checking import Flaw, check
from o2c_rules.checking.partition import Partition
from o2c_rules.table import Policy

from tests.rules.large import LARGE, NARROW, WIDE, matrix, table

WILDCARDS = (0.1, 0.4)


def main() -> None:
    print("the whole check of kind approvals, with people")
    print(f"{'rows':>6} {'wildcards':9} {'read s':>6} {'CPU s':>6}  findings")
    for rows in LARGE:
        for wildcards in WILDCARDS:
            began = time.process_time()
            book = matrix(rows, wildcards)
            read = time.process_time()
            told = _told(check(book, ["t/matrix"]))
            print(f"{rows:>6,} {wildcards:<9.0%} {read - began:>6.2f} {time.process_time() - read:>6.2f}  {told}")
    print("the partition alone")
    print(f"{'rows':>6} {'bands':8} {'policy':6} {'CPU s':>6}  findings")
    for rows in LARGE:
        for width in (NARROW, WIDE):
            for policy in (Policy.FIRST, Policy.UNIQUE, Policy.ANY):
                found = table(rows, policy, width)
                began = time.process_time()
                told = _told(Partition(found).flaws())
                print(f"{rows:>6,} {width.name:8} {policy:6} {time.process_time() - began:>6.2f}  {told}")


def _told(flaws: Iterable[Flaw]) -> str:
    counts = Counter(str(flaw.kind) for flaw in flaws)
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))


if __name__ == "__main__":
    main()
