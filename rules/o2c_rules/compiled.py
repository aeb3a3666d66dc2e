"""One version of a table, ready to decide: durable-rules answers, the index checks every answer and explains it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product
from math import prod

from .codes import Codes, Coding
from .computed import Calculation
from .decision import Decision
from .durable import NAME, Durable
from .explain import Explainer, Explanation
from .index import Index, bits
from .policies import HitPolicy
from .projection import Projected, Projection, Undecidable
from .sentences import Sentence, fill
from .source import BadTable, Finding
from .table import Aggregation, Default, Policy, Response, Row, Table
from .unrolled import codes_of
from .values import MISSING, Absent, Facts, Value

COMPARED_MOST = 512


class Disagreement(Exception):
    """The two executors differ: this table must not be used."""


class Compiled:
    """A table that answers. Making one compares the executors on its boundaries."""

    executor = NAME

    def __init__(self, table: Table) -> None:
        self.table, self.name = table, table.name
        self._kinds = {f.name: f.kind for f in table.facts} | {o.name: o.kind for o in table.outcomes}
        self._nothing: Mapping[str, Value] = {o.name: None for o in table.outcomes}
        self._policy = HitPolicy(table)
        self._said: dict[str, Sentence] = {}
        self._row_ids = [row.id for row in table.rows]
        self._takes_first, self._alone = table.policy is Policy.FIRST, [(row,) for row in table.rows]
        self.projection = Projection(table)
        self._lacking = {fact.name: MISSING for fact in table.facts}
        self._as_given = all(
            fact.expression is None and Response.DEFAULT not in (fact.missing.response, fact.null.response)
            for fact in table.facts
        )
        self.coding = Coding(table)
        self.codes_of = codes_of(table, self.coding)
        """The codes of a fact sheet; None where projection and coding must say."""
        self._index = Index(self.coding)
        self._durable = Durable(self.coding)
        self._explainer = Explainer(table, self.coding, self._index, self._policy)
        self._compare_on_boundaries()

    def decide(self, facts: Facts, on: date, bundle: str) -> Decision:
        """The answer to a fact sheet; Disagreement or EngineFailed rather than a wrong one."""
        try:
            codes, values = self._coded(facts)
        except Undecidable as why:
            return Decision(self, bundle, on, facts, (), str(why))
        if self._takes_first:
            row = self._first(codes)
            return Decision(self, bundle, on, facts, () if row is None else self._alone[row], None, values, codes)
        chosen, conflict = self._answer(self._every(codes))
        if conflict is not None:
            values = self.projection.of(facts)
        return Decision(self, bundle, on, facts, chosen, conflict, values, codes)

    def explain(self, facts: Facts) -> Explanation:
        """Winner, matches and nearest misses by the index alone: the answer to a question, which decides nothing."""
        try:
            codes, values = self._coded(facts)
        except Undecidable as why:
            return Explanation(self.name, (), (), (), (), str(why))
        matched = self._index.matches(codes)
        rows, conflict = self._answer(matched)
        known = self._values(facts) if values is None else {**facts, **values}
        because = () if conflict is not None else self._sentences(rows, known)
        misses = self._explainer.misses(codes, known, facts.get("currency"))
        winners = _ids(rows)
        return Explanation(self.name, winners, because, self._ids_of(matched), misses, conflict)

    def compare(self, codes: Sequence[int]) -> None:
        """Ask both executors; Disagreement unless they say the same."""
        self._every(codes)
        self._first(codes)

    def _coded(self, facts: Facts) -> tuple[tuple[int, ...], Projected | None]:
        """The codes, with the projected facts where those were needed; Undecidable where nobody may decide."""
        codes = self.codes_of(facts)
        if codes is not None:
            return codes, None
        values = self.projection.of(facts)
        return tuple(self.coding.of(values)), values

    def _answer(self, matched: int) -> tuple[tuple[Row, ...], str | None]:
        """The rows that answer where these match, or why none may."""
        if not matched:
            return (), None
        if self._takes_first:
            return self._alone[(matched & -matched).bit_length() - 1], None
        chosen = self._policy.chosen(matched)
        conflict = None if chosen else self._policy.conflict(matched)
        return tuple([self.table.rows[n] for n in chosen]), conflict

    def outcome_of(self, decision: Decision) -> Mapping[str, Value]:
        """Every declared outcome; None where nothing is said."""
        if decision.undecided is not None:
            return self._nothing
        if self.table.aggregation is not None:
            return self._aggregate(decision.rows)
        if decision.rows:
            return decision.rows[0].outcome
        return self.table.default.outcome if self.table.default else self._nothing

    def because_of(self, decision: Decision) -> tuple[str, ...]:
        """The winners' sentences, or the default's."""
        if decision.undecided is not None:
            return ()
        if not any("{" in each.because for each in self._speaking(decision.rows)):
            return self._sentences(decision.rows, {})
        known = decision.values
        return self._sentences(
            decision.rows, self._values(decision.facts) if known is None else {**decision.facts, **known}
        )

    def values_of(self, decision: Decision) -> Mapping[str, Value | Absent]:
        """The declared facts as they were decided upon, derived ones included, where rows were asked."""
        return self._values(decision.facts) if decision.values is None else decision.values

    def explanation_of(self, decision: Decision) -> Explanation:
        """Winners, matches and nearest misses."""
        winners = _ids(decision.rows)
        if decision.values is None and decision.undecided is not None:
            return Explanation(self.name, winners, (), (), (), decision.undecided)
        codes = decision.codes
        misses = self._explainer.misses(codes, self.values_of(decision), decision.facts.get("currency"))
        matched = self._ids_of(self._index.matches(codes))
        return Explanation(self.name, winners, decision.because, matched, misses, decision.undecided)

    def _values(self, facts: Facts) -> Mapping[str, Value | Absent]:
        """The sheet, with the facts that the head derives or supplies."""
        return {**self._lacking, **facts} if self._as_given else {**facts, **self.projection.of(facts)}

    def _speaking(self, rows: tuple[Row, ...]) -> Sequence[Row | Default]:
        return rows or ((self.table.default,) if self.table.default else ())

    def _sentences(self, rows: tuple[Row, ...], values: Mapping[str, Value | Absent]) -> tuple[str, ...]:
        said = []
        for each in self._speaking(rows):
            if each.because:
                sentence = self._said.get(each.because)
                if sentence is None:
                    sentence = self._said[each.because] = Sentence(each.because, self._kinds)
                said.append(sentence.filled(values, each.outcome))
        return tuple(said)

    def _ids_of(self, matched: int) -> tuple[str, ...]:
        return tuple([self._row_ids[n] for n in bits(matched)])

    def _first(self, codes: Sequence[int]) -> int | None:
        row = self._durable.first(codes)
        mask = self._index.matches(codes)
        if row != ((mask & -mask).bit_length() - 1 if mask else None):
            raise Disagreement(f"{self.name} at {codes}: {NAME} says row {row}, the index {bin(mask)}")
        return row

    def _every(self, codes: Sequence[int]) -> int:
        found, mask = self._durable.every(codes), self._index.matches(codes)
        if found != list(bits(mask)):
            raise Disagreement(f"{self.name} at {codes}: {NAME} says rows {found}, the index {bin(mask)}")
        return mask

    def _aggregate(self, rows: tuple[Row, ...]) -> Mapping[str, Value]:
        """SUM and COUNT of nothing are 0, MIN and MAX of nothing the default or None."""
        (name,) = self._nothing
        numbers = [v for row in rows if isinstance(v := row.outcome[name], int | Decimal)]
        match self.table.aggregation:
            case Aggregation.COUNT:
                return {name: len(rows)}
            case Aggregation.SUM:
                return {name: sum(numbers)}
        if not numbers:
            return self.table.default.outcome if self.table.default else self._nothing
        return {name: min(numbers) if self.table.aggregation is Aggregation.MIN else max(numbers)}

    def _compare_on_boundaries(self) -> None:
        """Hold the executors against each other: on every combination of codes when they are few, else inside each row
        and on each code of each column, with the other columns where a row wants them."""
        sizes = [coder.codes for coder in self.coding.coders]
        if prod(sizes) <= COMPARED_MOST:
            samples: Iterable[Codes] = map(list, product(*map(range, sizes)))
        else:
            samples = self._around_rows(sizes)
        for codes in samples:
            self.compare(codes)

    def _around_rows(self, sizes: list[int]) -> Iterator[Codes]:
        bases = [[0] * len(sizes) for _ in range(self.coding.rows)]
        for row, base in enumerate(bases):
            for column, accepted in self.coding.of_row(row):
                base[column] = max((accepted & -accepted).bit_length() - 1, 0)
            yield base
        turn = 0
        for column, size in enumerate(sizes):
            for code in range(size):
                base = list(bases[turn % len(bases)])
                base[column] = code
                turn += 1
                yield base


class Computing(Compiled):
    """A table some of whose outcomes are calculated; what it answers with are the values."""

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self._calculation = Calculation(table)

    def explain(self, facts: Facts) -> Explanation:
        """As of any table, with what is calculated."""
        try:
            codes, values = self._coded(facts)
        except Undecidable as why:
            return Explanation(self.name, (), (), (), (), str(why))
        rows, conflict = self._answer(self._index.matches(codes))
        known = self._values(facts) if values is None else values
        return self.explanation_of(self._finished(Decision(self, "", None, facts, rows, conflict, known, codes)))

    def decide(self, facts: Facts, on: date, bundle: str) -> Decision:
        """As of any table; undecided where an outcome cannot be calculated."""
        return self._finished(super().decide(facts, on, bundle))

    def _finished(self, decision: Decision) -> Decision:
        if decision.undecided is not None:
            return decision
        values = self.values_of(decision)
        matched = (self.table.rows[n] for n in bits(self._index.matches(decision.codes)))
        try:
            if decision.rows:
                return replace(decision, rows=self._calculation.rows(decision.rows, matched, values), values=values)
            if self._falls_back(decision):
                self._calculation.default(values)
        except Undecidable as why:
            return replace(decision, rows=(), undecided=str(why), values=values)
        return decision

    def outcome_of(self, decision: Decision) -> Mapping[str, Value]:
        """Every declared outcome; the default's are calculated anew."""
        if self._falls_back(decision):
            return self._calculation.default(self.values_of(decision))
        return super().outcome_of(decision)

    def because_of(self, decision: Decision) -> tuple[str, ...]:
        """The winners' sentences, or the default's with its calculated values."""
        default = self.table.default
        if default is None or not default.because or not self._falls_back(decision):
            return super().because_of(decision)
        values = self.values_of(decision)
        facts = {**decision.facts, **values, **self._calculation.default(values)}
        return (fill(default.because, facts, self._kinds),)

    def _falls_back(self, decision: Decision) -> bool:
        default = self.table.default
        return default is not None and super().outcome_of(decision) is default.outcome


def _ids(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple([row.id for row in rows])


def compile_table(table: Table) -> Compiled:
    """The compiled table; BadTable where the engine cannot take it."""
    try:
        return Computing(table) if any(outcome.computed for outcome in table.outcomes) else Compiled(table)
    except ValueError as error:
        raise BadTable([Finding(f"{table.file}:1", str(error), "split the table")]) from error
