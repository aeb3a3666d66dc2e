"""What the rows of one table leave open, say twice or never say, each with facts that show it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from o2c_rules.index import bits
from o2c_rules.policies import HitPolicy
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
        self._policy = HitPolicy(table)
        self._ranks = _ranks(table)
        self._never = 0
        self._own: dict[int, dict[str, Value] | None] = {}

    def flaws(self) -> Iterator[Flaw]:
        """Everything; the rows that cannot match first, as they are left out of the rest."""
        yield from self._unreachable()
        try:
            if self.table.policy in (Policy.UNIQUE, Policy.ANY, Policy.PRIORITY):
                yield from self._together()
            if self.table.policy in (Policy.FIRST, Policy.PRIORITY):
                yield from self._masked()
            if self.table.policy.is_single and self.table.default is None:
                yield from self._gaps()
        except Tangled as error:
            yield self.tangled(error)

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

    def more(self, kind: FlawKind, count: int | None, what: str) -> Flaw:
        """That a list of findings was cut: how many more there are, where anybody knows."""
        many = "more" if count is None else f"{count:,} more"
        return self.flaw(kind, (), f"{many} {what}; they are not listed", "mend those that are, then check again")

    def tangled(self, error: Tangled) -> Flaw:
        """That the looking was broken off: who found nothing has not looked everywhere."""
        text = f"the rows cut each other into {error}, so that not all could be looked at"
        return self.flaw(FlawKind.INCOMPLETE, (), text, "ask about fewer things in one table, or split it")

    def own_facts(self, at: int) -> dict[str, Value] | None:
        """Facts that a row answers, and not merely matches; None where none were found."""
        try:
            return self._answered(at)
        except Tangled:
            return None

    def _answered(self, at: int) -> dict[str, Value] | None:
        if at not in self._own:
            blocking = self.space.overlapping(at) & self._policy.blocking(at) & ~self._never
            parts = islice(self.space.uncovered(self.space.box_of(at), blocking), _PARTS_MOST)
            self._own[at] = next((found for part in parts if (found := self.witness.facts(part)) is not None), None)
        return self._own[at]

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
        alike, seen, told, untold = self._alike(), 0, 0, 0
        for at in range(self.space.rows):
            if self._never >> at & 1:
                continue
            others = self.space.overlapping(at) & seen & ~alike[at]
            seen |= 1 << at
            if told >= PAIRS_MOST:
                untold += others.bit_count()
                continue
            for other in bits(others):
                flaw = self._clash(other, at)
                if flaw is not None:
                    told += 1
                    yield flaw
        if untold:
            kind = FlawKind.OVERLAP if self.table.policy is Policy.UNIQUE else FlawKind.CONFLICT
            yield self.more(kind, untold, "pairs of rows match together")

    def _alike(self) -> list[int]:
        """Per row the rows with which it may match: those that say the same, or of which one goes before the other."""
        if self.table.policy is Policy.UNIQUE:
            return [0] * self.space.rows
        saying: dict[frozenset[tuple[str, object]], int] = {}
        ranking: dict[tuple[int, ...], int] = {}
        words = [frozenset(spoken(row).items()) for row in self.table.rows]
        for at, (word, rank) in enumerate(zip(words, self._ranks, strict=True)):
            saying[word] = saying.get(word, 0) | 1 << at
            ranking[rank] = ranking.get(rank, 0) | 1 << at
        return [saying[word] | ~ranking[rank] for word, rank in zip(words, self._ranks, strict=True)]

    def _clash(self, first: int, second: int) -> Flaw | None:
        one, two = self.table.rows[first], self.table.rows[second]
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
            if not whole and self._answered(at) is not None:
                continue
            covering = whole & -whole if whole else self._covering(box, blocking)
            if covering:
                yield self._hidden(row, box, covering, self._ranks[at])

    def _before(self) -> list[int]:
        """Per row the rows that answer before it where both match."""
        found, seen = [0] * self.space.rows, 0
        for row in sorted(range(self.space.rows), key=lambda row: (self._ranks[row], row)):
            found[row] = seen
            seen |= 1 << row
        return found

    def _covering(self, box: Box, blocking: int) -> int:
        """The rows that together leave a row nothing, where no facts of its own were found; none where nobody knows."""
        left = sum(1 for _ in islice(self.space.uncovered(box, blocking), _PARTS_MOST + 1))
        if left > _PARTS_MOST or (left and not self.witness.proves):
            return 0
        for other in bits(blocking) if blocking.bit_count() <= _FEW else ():
            left = blocking & ~(1 << other)
            if next(self.space.uncovered(box, left), None) is None:
                blocking = left
        return blocking

    def _hidden(self, row: Row, box: Box, covering: int, rank: tuple[int, ...]) -> Flaw:
        others = tuple(self.table.rows[n] for n in bits(covering))
        one = len(others) == 1
        text = f"row {row.id} never answers: {names(others)} {'takes' if one else 'together take'} all that it matches"
        hint = f"put {row.id} before {names(others)}, narrow what goes before it, or take it out"
        if any(self._ranks[n] != rank for n in bits(covering)):
            hint = f"policy P goes by the order of the allowed values: narrow {names(others)}, or take {row.id} out"
        return self.flaw(FlawKind.MASKED, (row, *others), text, hint, example=self.witness.facts(box))

    def _gaps(self) -> Iterator[Flaw]:
        found: list[Box] = []
        live = self.space.all & ~self._never
        for tried, part in enumerate(self.space.uncovered(self.space.present, live)):
            if tried == _PARTS_MOST:
                raise Tangled(f"more than {_PARTS_MOST:,} parts that no row answers")
            if any(all(a & ~b == 0 for a, b in zip(part, known, strict=True)) for known in found):
                continue
            example = self.witness.facts(part)
            if example is None:
                continue
            if len(found) == GAPS_MOST:
                yield self.more(FlawKind.GAP, None, "facts that no row answers")
                return
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
