"""Hit policies: which of the rows that match answer. Rows are bits of a mask, bit n is row n."""

from .index import bits
from .table import Policy, Table


class HitPolicy:
    """One table's policy."""

    def __init__(self, table: Table) -> None:
        self._policy, self._rows = table.policy, table.rows
        self._takes_all = table.policy in (Policy.RULE_ORDER, Policy.COLLECT)
        self._all = (1 << len(table.rows)) - 1
        self._order = _priorities(table)
        self._blocking: dict[int, int] = {}

    def chosen(self, matched: int) -> list[int]:
        """The rows that answer, in order; none where the policy forbids that they match together."""
        if self._takes_all or not matched:
            return list(bits(matched))
        match self._policy:
            case Policy.FIRST:
                return [(matched & -matched).bit_length() - 1]
            case Policy.UNIQUE:
                return [] if matched & (matched - 1) else [matched.bit_length() - 1]
            case Policy.ANY:
                first, *others = bits(matched)
                same = all(self._rows[row].outcome == self._rows[first].outcome for row in others)
                return [first] if same else []
            case Policy.PRIORITY:
                return [min(bits(matched), key=self._order.__getitem__)]
        return sorted(bits(matched), key=self._order.__getitem__)

    def blocking(self, row: int) -> int:
        """The rows any of which, matching too, keep a row from answering."""
        if self._policy is Policy.FIRST:
            return (1 << row) - 1
        found = self._blocking.get(row)
        if found is None:
            found = self._blocking[row] = self._blocked_by(row)
        return found

    def _blocked_by(self, row: int) -> int:
        match self._policy:
            case Policy.UNIQUE:
                return self._all ^ 1 << row
            case Policy.ANY:
                outcome = self._rows[row].outcome
                return sum(1 << n for n, other in enumerate(self._rows) if n < row or other.outcome != outcome)
            case Policy.PRIORITY:
                order = self._order[row]
                return sum(1 << n for n, other in enumerate(self._order) if other < order)
        return 0

    def open_to(self, always: int) -> int:
        """The rows that could still answer where these match in any case; a bound that is quick to have."""
        if self._policy is Policy.FIRST:
            return always ^ (always - 1)  # Up to the first of them.
        return 0 if self._policy is Policy.UNIQUE else self._all

    def conflict(self, matched: int) -> str:
        """Why no row of these may answer."""
        rows = ", ".join(self._rows[n].id for n in bits(matched))
        what = "more than one row matches" if self._policy is Policy.UNIQUE else "rows with different outcomes match"
        return f"{what} ({rows}), which policy {self._policy} forbids"


def _priorities(table: Table) -> list[tuple[int, ...]]:
    """Per row, how early its outcomes stand in the lists of allowed values, the first outcome counting most."""
    ranked = [(o.name, {value: n for n, value in enumerate(o.allowed)}) for o in table.outcomes if o.allowed]
    return [
        (*(ranks.get(row.outcome[name], len(ranks)) for name, ranks in ranked), n) for n, row in enumerate(table.rows)
    ]
