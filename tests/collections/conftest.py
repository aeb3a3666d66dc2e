"""Fixtures: collections with its own books only, and a late payer of the German company."""

from collections.abc import Callable

import pytest
from o2c_rules.rulebook import BOOKS, RuleBook, read_files

from tests.collections.late_payer import World, make_world


@pytest.fixture(scope="session")
def book() -> RuleBook:
    """What collections asks, as shipped; without the other services' books it is compiled in no time."""
    return RuleBook({n: c for n, c in read_files(BOOKS).items() if n.startswith(("collections/", "reference/"))})


@pytest.fixture
def world(book: RuleBook) -> World:
    return make_world(book)


@pytest.fixture
def worlds(book: RuleBook) -> Callable[..., World]:
    """Worlds with a seed or rule files of their own."""
    return lambda seed=None, other=None: make_world(other or book, seed)
