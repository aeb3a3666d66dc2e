"""What the rows of one table leave open, say twice or never say, each with facts that show it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from o2c_rules.index import bits
from o2c_rules.table import Policy, Row, Table
from o2c_rules.values import Value

from .flaws import Flaw, FlawKind, Severity
from .space import Box, Space, Tangled
from .witness import Witness
from .wording import answer_text, box_text, names, spoken

PAIRS_MOST = 1_000
GAPS_MOST = 100
_PARTS_MOST = 2_000
_FEW = 12


class Partition:
    """The findings of one version of a table."""

    def __init__(self, table: Table) -> None:
        self.table, self.space = table, Space(table)
        self.witness = Witness(self.space)
        self._ranks = _ranks(table)
        self._never = 0

    def flaws(self) -> Iterator[Flaw]:
        """Everything; the rows that cannot match first, as they are left out of the rest."""
        yield from self._unreachable()
        try:
            if self.table.policy in (Policy.UNIQUE, Policy.ANY, Policy.PRIORITY):
                yield from islice(self._together(), PAIRS_MOST)
            if self.table.policy in (Policy.FIRST, Policy.PRIORITY):
                yield from self._masked()
            if self.table.policy.is_single and self.table.default is None:
                yield from islice(self._gaps(), GAPS_MOST)
        except Tangled as error:
            yield self.warning(
                FlawKind.INCOMPLETE,
                (),
                f"the rows cut each other into {error}, so that not all of them could be looked at",
                "ask about fewer things in one table, or split it",
            )

    def flaw(
        self, kind: FlawKind, rows: Sequence[Row], text: str, hint: str, example: Mapping[str, Value] | None = None
    ) -> Flaw:
        """A finding at the first of its rows, or at the head."""
        line = rows[0].line if rows else 1
        ids = tuple(row.id for row in rows)
        where = f"{self.table.file}:{line}"
        return Flaw(kind, Severity.ERROR, self.table.name, ids, where, text, hint, example or {})

    def warning(self, kind: FlawKind, rows: Sequence[Row], text: str, hint: str) -> Flaw:
        """A finding that a person should look at, who may find it right."""
        return replace(self.flaw(kind, rows, text, hint), severity=Severity.WARNING)

    def _unreachable(self) -> Iterator[Flaw]:
        derived = any(column.fact.expression for column in self.space.columns)
        for at, row in enumerate(self.table.rows):
            box = self.space.box_of(at)
            empty = [c for c, codes in zip(self.space.columns, box, strict=True) if not codes]
            if empty:
                self._never |= 1 << at
                cells = ", ".join(f"{c.name} {row.cells[c.name].text}" for c in empty)
                hint = "write a value that the column may have, or take the row out"
                yield self.flaw(
                    FlawKind.UNREACHABLE, (row,), f"row {row.id} matches nothing: no value is {cells}", hint
                )
            elif derived and self.witness.facts(box) is None:
                yield self._contradiction(at, row)

    def _contradiction(self, at: int, row: Row) -> Flaw:
        if self.witness.proves:
            self._never |= 1 << at
            text = f"row {row.id} contradicts itself: its cells and what is derived from them never hold together"
            return self.flaw(FlawKind.UNREACHABLE, (row,), text, "look at the derived columns of the row")
        text = f"no facts were found that row {row.id} matches"
        hint = "look whether its cells and the derived columns can hold together"
        return self.warning(FlawKind.UNREACHABLE, (row,), text, hint)

    def _together(self) -> Iterator[Flaw]:
        """Rows that match the same facts where the policy wants one, or one answer."""
        for at in range(self.space.rows):
            if self._never >> at & 1:
                continue
            for other in bits(self.space.overlapping(at) & ((1 << at) - 1) & ~self._never):
                flaw = self._clash(other, at)
                if flaw is not None:
                    yield flaw

    def _clash(self, first: int, second: int) -> Flaw | None:
        one, two = self.table.rows[first], self.table.rows[second]
        same = spoken(one) == spoken(two)
        if self.table.policy is not Policy.UNIQUE and (same or self._ranks[first] != self._ranks[second]):
            return None
        both = tuple(a & b for a, b in zip(self.space.box_of(first), self.space.box_of(second), strict=True))
        example = self.witness.facts(both)
        if example is None:
            return None
        where = box_text(self.space.columns, both)
        if self.table.policy is Policy.UNIQUE:
            text = f"rows {names((one, two))} both match {where}, where policy U wants one"
            return self.flaw(FlawKind.OVERLAP, (one, two), text, _APART, example=example)
        answers = " and ".join(answer_text(self.table.outcomes, spoken(row)) for row in (one, two))
        text = f"rows {names((one, two))} both match {where} and answer differently: {answers}"
        return self.flaw(FlawKind.CONFLICT, (one, two), text, _AGREE, example=example)

    def _masked(self) -> Iterator[Flaw]:
        before = self._before()
        for at, row in enumerate(self.table.rows):
            blocking = self.space.overlapping(at) & before[at] & ~self._never
            if self._never >> at & 1 or not blocking:
                continue
            box = self.space.box_of(at)
            whole = self.space.containing(at) & blocking
            covering = whole & -whole if whole else self._covering(box, blocking)
            if covering:
                yield self._hidden(row, box, covering)

    def _before(self) -> list[int]:
        """Per row the rows that answer before it where both match."""
        found, seen = [0] * self.space.rows, 0
        for row in sorted(range(self.space.rows), key=lambda row: (self._ranks[row], row)):
            found[row] = seen
            seen |= 1 << row
        return found

    def _covering(self, box: Box, blocking: int) -> int:
        """The rows that together leave a row nothing; none where it has facts of its own, or nobody knows."""
        for tried, part in enumerate(self.space.uncovered(box, blocking)):
            if tried == _PARTS_MOST or self.witness.facts(part) is not None:
                return 0
        if not self.witness.proves and next(self.space.uncovered(box, blocking), None) is not None:
            return 0
        for other in bits(blocking) if blocking.bit_count() <= _FEW else ():
            left = blocking & ~(1 << other)
            if next(self.space.uncovered(box, left), None) is None:
                blocking = left
        return blocking

    def _hidden(self, row: Row, box: Box, covering: int) -> Flaw:
        others = tuple(self.table.rows[n] for n in bits(covering))
        one = len(others) == 1
        text = f"row {row.id} never answers: {names(others)} {'takes' if one else 'together take'} all that it matches"
        hint = f"put {row.id} before {names(others)}, narrow what goes before it, or take it out"
        return self.flaw(FlawKind.MASKED, (row, *others), text, hint, example=self.witness.facts(box))

    def _gaps(self) -> Iterator[Flaw]:
        found: list[Box] = []
        live = self.space.all & ~self._never
        for tried, part in enumerate(self.space.uncovered(self.space.present, live)):
            if tried == _PARTS_MOST:
                return
            if any(all(a & ~b == 0 for a, b in zip(part, known, strict=True)) for known in found):
                continue
            example = self.witness.facts(part)
            if example is None:
                continue
            wide = self.space.widened(part, self.space.present, live)
            found.append(wide)
            text = f"no row answers {box_text(self.space.columns, wide)}"
            yield self.flaw(FlawKind.GAP, self._around(wide), text, _FILL, example=self.witness.facts(wide) or example)

    def _around(self, gap: Box) -> tuple[Row, ...]:
        """The rows that stop next to a gap: they match all of it but for one column."""
        space, near = self.space, 0
        for at, column in enumerate(space.columns):
            if gap[at] == column.present:
                continue
            others = tuple(
                c.present if n == at else side for n, (c, side) in enumerate(zip(space.columns, gap, strict=True))
            )
            near |= space.touching(others)
        return tuple(self.table.rows[n] for n in islice(bits(near), 4))


_APART = "narrow one of them, or use policy F and put the special row first"
_AGREE = "narrow one of them, or let both say the same"
_FILL = "add a row for it, or say in the head what holds by default"


def _ranks(table: Table) -> list[tuple[int, ...]]:
    """Per row, how early its answers stand in the lists of allowed values; all alike where the policy does not ask."""
    if table.policy is not Policy.PRIORITY:
        return [()] * len(table.rows)
    ranked = [(o.name, o.allowed) for o in table.outcomes if o.allowed]
    return [
        tuple(allowed.index(v) if (v := row.outcome[name]) in allowed else len(allowed) for name, allowed in ranked)
        for row in table.rows
    ]
