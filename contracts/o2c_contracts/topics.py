"""Which topics there are, who writes them, and which events each may carry."""

from types import ModuleType

from . import bank, billing, cash, collections, disputes, intake, master, orders, reference, shared
from .event import Event

SERVICES = ("orders", "billing", "cash", "collections", "disputes")
PARTITIONS = 16
"""Never changed afterwards: the partition of a key decides whose order is kept."""
_BASES = {"Ordered", "BankEvent", "ItemChanged", "PromiseJudged", "CaseEvent", "ApprovalEvent", "ServiceEvent"}


def topic(writer: str) -> str:
    return f"o2c.{writer}.v1"


def _events(module: ModuleType) -> dict[str, type[Event]]:
    return {
        name: kind
        for name, kind in vars(module).items()
        if isinstance(kind, type)
        and issubclass(kind, Event)
        and kind.__module__ == module.__name__
        and name not in _BASES
    }


OUTSIDE: dict[str, dict[str, type[Event]]] = {
    topic("master"): _events(master),
    topic("intake"): _events(intake),
    topic("bank"): _events(bank),
    topic("reference"): _events(reference),
}
"""Topics that other systems write."""
OWN: dict[str, dict[str, type[Event]]] = {
    topic(name): _events(module) | _events(shared)
    for name, module in zip(SERVICES, (orders, billing, cash, collections, disputes), strict=True)
}
"""Topics of the five services: each is written by the service of its name only."""
TOPICS: dict[str, dict[str, type[Event]]] = OUTSIDE | OWN
WRITER: dict[str, str] = {topic(name): name for name in SERVICES}
BY_NAME: dict[str, type[Event]] = {name: kind for kinds in TOPICS.values() for name, kind in kinds.items()}


def topics_of(kind: type[Event]) -> tuple[str, ...]:
    """Where an event of this type may stand: one topic, or every service's own."""
    return tuple(name for name, kinds in TOPICS.items() if kinds.get(kind.__name__) is kind)
