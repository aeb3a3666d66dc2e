"""An event is content; the envelope says who told it, when, and because of what."""

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from .fields import Currency, Id

LIVE = "live"


class Part(BaseModel):
    """A piece of an event: frozen and strict, passes over fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Event(Part):
    """Content of one record. A writer may add a field before its readers know it."""

    must_know: ClassVar[bool] = False
    """A reader that does not know this type must stop for the customer instead of passing it over (house rule S8)."""

    @property
    def key(self) -> str:
        """What keeps its order: `c:` a customer, `p:` a payer not yet known, `r:` reference data, `s:` a service."""
        raise NotImplementedError

    @property
    def subject(self) -> str:
        """The thing the event is about; part of the identity of what follows from it."""
        return self.key


class CustomerEvent(Event):
    """Anything that happened to one customer."""

    customer_id: Id

    @property
    def key(self) -> str:
        return f"c:{self.customer_id}"


class MoneyEvent(CustomerEvent):
    """Concerns an amount: it belongs to one legal entity and one currency."""

    legal_entity: Id
    currency: Currency


@dataclass(frozen=True, slots=True)
class Envelope:
    """CloudEvents 1.0 attributes and our extensions; on the wire each is lower case without underscores."""

    source: str
    id: str
    type: str
    time: datetime
    """When it happened, by its publisher's word."""
    recorded_at: datetime
    """When it was taken into the log: stamped once, the same for every reader. What handlers and rules call now."""
    business_date: date
    """The document's date in the legal entity's zone."""
    world: str = LIVE
    stream_version: int | None = None
    """Gap-free for each writer and key; only our own services write it."""
    caused_by: str | None = None
    correlation_id: str | None = None
    actor: str | None = None
    on_behalf_of: str | None = None
    traceparent: str | None = None
    must_know: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """An event in its envelope, with a hash of the bytes as they came: of the model it would change every release."""

    envelope: Envelope
    event: Event
    body_hash: bytes = b""

    @property
    def identity(self) -> tuple[str, str]:
        """Unique per source, not alone: two systems may both send "1001"."""
        return self.envelope.source, self.envelope.id


def payer_key(account: str | None, document_id: str) -> str:
    """The key of money whose customer is not known: a hash, so that no account number stands in a key."""
    return "p:" + sha256((account or document_id).encode()).hexdigest()[:32]


def derived_id(cause: Envelope, writer: str, type_: str, subject: str, ordinal: int) -> str:
    """The id of what `writer` tells because of `cause`: the same whenever it is handled again.

    UUIDv7 layout behind the cause's recorded milliseconds, so that ids of one time lie together in every reader's
    inbox: random ids touch a fresh page each and cost many times the write-ahead log.
    """
    name = f"{cause.source}\x1f{cause.id}\x1f{writer}\x1f{type_}\x1f{subject}\x1f{ordinal}"  # No name holds \x1f.
    digest = int.from_bytes(sha256(name.encode()).digest()[:10], "big")
    milliseconds = int(cause.recorded_at.timestamp() * 1000)
    high, low = digest >> 62 & 0xFFF, digest & (1 << 62) - 1
    text = f"{milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
