"""The one door to durable_rules, and the only way it is safe: small integers under names of ours, one session, ids of
ours, no threads of its own, no state kept, one handle per leaf of the plan that is given back with its table.
"""

import json
import threading
import weakref
from collections.abc import Callable, Sequence
from itertools import count
from operator import itemgetter
from typing import Any

import durable_rules_engine as engine  # type: ignore[import-not-found]

from .codes import Coding
from .shards import ByCode, Condition, InTurn, Leaf, Plan, plan

NAME = "durable-rules"
NOT_HANDLED = 1
SESSION = "0"
_HASHES_OF_THE_ENGINE = ("id", "sid", "$s", "$pulse", "w", "z")
_names = count(1)
_ids = count(1)


class EngineFailed(RuntimeError):
    """Anything but "no rule matched": it must never look like "nothing objects"."""


class Durable:
    """One table in the engine. `first` is spent by the first row that matches; `every` gives all, in order."""

    def __init__(self, coding: Coding) -> None:
        self._root = _asked(plan(coding))
        self._lock = threading.Lock()

    def first(self, codes: Sequence[int]) -> int | None:
        """The first row that matches. EngineFailed for anything that is not an answer."""
        with self._lock:
            return self._root.first(codes)

    def every(self, codes: Sequence[int]) -> list[int]:
        """All rows that match, in order."""
        with self._lock:
            return self._root.every(codes)


class _Ruleset:
    """Rows that the engine takes together."""

    def __init__(self, leaf: Leaf) -> None:
        columns = sorted({c.column for _, cs in leaf.rows for c in cs if c.members is None})
        sets = dict.fromkeys(c for _, cs in leaf.rows for c in cs if c.members is not None)
        names = {c: f"s{n}" for n, c in enumerate(sets)}
        keys = [f"c{c}" for c in columns] + list(names.values())
        check_names(keys)
        always = ',"z":0' if any(not conditions for _, conditions in leaf.rows) else ""
        self._fact = '{"id":%d' + always + "".join(f',"{key}":%d' for key in keys) + "}"
        self._give_back: Callable[[], object] | None = None
        self._asked = _picker(columns)
        self._sets = [(c.column, c.members) for c in sets if c.members is not None]
        rules: dict[str, Any] = {}
        for at, (row, conditions) in enumerate(leaf.rows):
            terms = [term for c in conditions for term in _terms(c, names)] or [{"z": 0}]
            rules[str(row)] = {"all": [{"m": {"$and": terms}}], "pri": at}
        rules["warm"] = {"all": [{"m": {"$and": [{"w": 1}]}}], "pri": len(rules)}
        self._rules = json.dumps(rules)
        self._begin()

    def first(self, codes: Sequence[int]) -> int | None:
        handle = self._handle
        try:
            outcome, state = engine.assert_event(handle, self._message(next(_ids), codes))
            if outcome == NOT_HANDLED:
                return None
            begun = _begun(handle, outcome, state)
            if engine.complete_and_start_action(handle, state) is not None:
                raise EngineFailed("durable-rules spent one event twice")
            return _row(begun)
        except BaseException:
            self._begin()
            raise

    def every(self, codes: Sequence[int]) -> list[int]:
        handle, id_ = self._handle, next(_ids)
        try:
            outcome, state = engine.assert_fact(handle, self._message(id_, codes))
            if outcome == NOT_HANDLED:
                return []
            fired = _begun(handle, outcome, state)
            found = []
            while fired:
                found.append(_row(fired))
                fired = engine.complete_and_start_action(handle, state)
            engine.retract_fact(handle, f'{{"id":{id_}}}')
        except BaseException:
            self._begin()
            raise
        return found

    def _begin(self) -> None:
        """Into the engine; anew where something went wrong on the way, lest a fact that stayed fires for others."""
        handle: int = engine.create_ruleset(f"t{next(_names)}", self._rules)
        # A session that never fired holds pointers nobody set, and giving it back would be a segmentation fault.
        outcome, state = engine.assert_event(handle, f'{{"id":{next(_ids)},"w":1}}')
        _begun(handle, outcome, state)
        engine.complete_and_start_action(handle, state)
        if self._give_back is not None:
            self._give_back()
        self._handle, self._give_back = handle, weakref.finalize(self, _free, handle)

    def _message(self, id_: int, codes: Sequence[int]) -> str:
        if not self._sets:
            return self._fact % (id_, *self._asked(codes))
        return self._fact % (id_, *self._asked(codes), *[codes[column] in members for column, members in self._sets])


class _ByCode:
    def __init__(self, column: int, parts: list["_Asked"]) -> None:
        self._column, self._parts = column, parts

    def first(self, codes: Sequence[int]) -> int | None:
        return self._parts[codes[self._column]].first(codes)

    def every(self, codes: Sequence[int]) -> list[int]:
        return self._parts[codes[self._column]].every(codes)


class _InTurn:
    def __init__(self, parts: list["_Asked"]) -> None:
        self._parts = parts

    def first(self, codes: Sequence[int]) -> int | None:
        return min((row for part in self._parts if (row := part.first(codes)) is not None), default=None)

    def every(self, codes: Sequence[int]) -> list[int]:
        return sorted(row for part in self._parts for row in part.every(codes))


class _Nothing:
    def first(self, _: Sequence[int]) -> int | None:
        return None

    def every(self, _: Sequence[int]) -> list[int]:
        return []


_Asked = _Ruleset | _ByCode | _InTurn | _Nothing


def _asked(part: Plan) -> _Asked:
    match part:
        case Leaf(rows):
            return _Ruleset(part) if rows else _Nothing()
        case ByCode(column, parts):
            built = {id(each): each for each in parts}
            made = {key: _asked(each) for key, each in built.items()}
            return _ByCode(column, [made[id(each)] for each in parts])
        case InTurn(parts):
            return _InTurn([_asked(each) for each in parts])


def _picker(columns: list[int]) -> Callable[[Sequence[int]], tuple[int, ...]]:
    """The codes of these columns, in order."""
    if len(columns) > 1:
        return itemgetter(*columns)
    return lambda codes: tuple([codes[column] for column in columns])


def _terms(condition: Condition, names: dict[Condition, str]) -> list[dict[str, Any]]:
    if condition.members is not None:
        return [{names[condition]: 1}]
    name = f"c{condition.column}"
    if condition.is_equality:
        return [{name: condition.low}]
    below = {"$lte": {name: condition.high}}
    return [{"$gte": {name: condition.low}}, below] if condition.low else [below]


def _begun(handle: int, outcome: int, state: int) -> str:
    """What fires first because of a message that the engine took."""
    if outcome != 0:
        raise EngineFailed(f"durable-rules answers {outcome}")
    begun = engine.start_action_for_state(handle, state)
    if begun is None:
        raise EngineFailed("durable-rules took a message and did nothing")
    return str(begun[1])


def _row(messages: str) -> int:
    """The rule's name from `{"12":{"m":{…}}}`."""
    return int(messages[2 : messages.index('"', 2)])


def _free(handle: int) -> None:
    engine.delete_state(handle, SESSION)
    engine.delete_ruleset(handle)


def check_names(names: list[str]) -> None:
    """The engine knows names by a 32-bit hash alone, so two names with one hash would be one property."""
    hashes: dict[int, str] = {}
    for name in (*_HASHES_OF_THE_ENGINE, *names):
        other = hashes.setdefault(fnv1a(name), name)
        if other != name:
            raise EngineFailed(f"durable-rules cannot tell {name} from {other}")


def fnv1a(text: str) -> int:
    """FNV-1a, 32 bits, as in the engine."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value
