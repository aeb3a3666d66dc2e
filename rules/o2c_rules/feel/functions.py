"""The built-in functions: what FEEL calls by name. A value of the wrong type, or too few of them, gives null.

There is no `now()` and no `today()`: a decision made again must come out the same, so the day is a fact.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .operations import sort_of

Spend = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Function:
    """A function: its parameters by name, and what it does. `many` gives the rest of the values as one list."""

    name: str
    parameters: tuple[str, ...]
    run: Callable[..., Any]
    least: int = 0
    many: bool = False
    spends: bool = False
    """Whether it is handed `spend` first, because its work grows with what it is given."""

    def by_position(self, given: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Values given by name in order; None where a name is unknown."""
        if not set(given) <= set(self.parameters):
            return None
        last = max((self.parameters.index(name) for name in given), default=-1)
        return tuple(given.get(name) for name in self.parameters[: last + 1])

    def __call__(self, given: tuple[Any, ...], spend: Spend) -> Any:
        """The value; None for too few or too many values, or values it cannot use."""
        if len(given) < self.least or (len(given) > len(self.parameters) and not self.many):
            return None
        spend(sum(len(value) for value in given if isinstance(value, list | str)) // 16)
        try:
            return self.run(spend, *given) if self.spends else self.run(*given)
        except (ArithmeticError, OverflowError, ValueError, TypeError, IndexError, KeyError):
            return None


class _Wrong(ValueError):
    """A value that the function cannot use."""


def want(value: Any, *sorts: str) -> Any:
    """The value, where it is of one of these types; the function's answer is null where it is not."""
    if sort_of(value) not in sorts:
        raise _Wrong(sort_of(value))
    return value


def declared(name: str, parameters: str, run: Callable[..., Any], least: int | None = None) -> Function:
    """A function of fixed parameters, all of which must be there unless fewer are enough."""
    names = tuple(parameters.split(",")) if parameters else ()
    return Function(name, names, run, len(names) if least is None else least)
