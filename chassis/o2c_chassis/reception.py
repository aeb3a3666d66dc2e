"""What a record is to this service: an event it hears, one it passes over, or nothing it can ever read."""

from typing import Any

from o2c_contracts import wire
from o2c_contracts.event import LIVE, Envelope, Event, Message
from o2c_contracts.topics import BY_NAME, PARTITIONS, TOPICS, WRITER
from o2c_contracts.wire import Record, Unreadable

from .bus import Span, partition_of
from .inbox import Arrival
from .parking import Waiting
from .service import DeadlineReached, DeliveryEnded, Service
from .sources import Sources

_OWN: dict[str, type[Event]] = {"DeadlineReached": DeadlineReached, "DeliveryEnded": DeliveryEnded}


class Reception:
    """Decodes what the service hears, and from whom it may come. No I/O."""

    def __init__(self, service: Service, sources: Sources, world: str = LIVE) -> None:
        self._service, self._sources, self._world = service, sources, world
        self._heard = {kind.__name__ for kind in service.routes}
        self._passed = {
            name: {kind.encode() for kind in kinds if kind not in self._heard} for name, kinds in TOPICS.items()
        }
        self.passed_over = 0
        """Records of types that this release does not know."""

    def concerns(self, topic: str, record: Record) -> bool:
        """False only for a known type that this service surely passes over."""
        type_ = next((value for name, value in record.headers if name == "ce_type"), None)
        return type_ not in self._passed[topic]

    def arrive(self, span: Span, record: Record) -> Arrival | None:
        """None for what is of no interest and has no version; raises Unreadable, with its reason code."""
        headers = wire.headers_of(record)
        type_ = headers.get("ce_type", "")
        self._right_place(span, record)
        message = None
        if type_ in self._heard or type_ not in BY_NAME or type_ not in TOPICS.get(span.topic, {}):
            message = wire.decode(span.topic, record, headers)
            if message is None:
                self.passed_over += 1
            elif message.envelope.world != self._world:
                raise Unreadable("wrong-world", f"{message.envelope.world!r} has no place in {self._world!r}")
            elif self._service.route(message) is None:
                message = None
            else:
                at = message.envelope
                self._sources.demand(span.topic, at.source, at.type, at.recorded_at.date())
        stream = self._stream(span.topic, record, headers)
        if message is None and stream is None:
            return None
        return Arrival(span.topic, span.partition, record, stream, message)

    def own(self, row: Waiting) -> Message | None:
        """A parked deadline or ended delivery, as it was."""
        if row.topic in TOPICS:
            return None
        headers = wire.headers_of(row.record)
        envelope = Envelope(
            headers["ce_source"],
            headers["ce_id"],
            headers["ce_type"],
            wire.instant(headers["ce_time"]),
            wire.instant(headers["ce_recordedat"]),
            wire.day(headers["ce_businessdate"]),
            headers["ce_world"],
        )
        return Message(envelope, wire.read_body(_OWN[envelope.type], row.record.value or b""))

    def _right_place(self, span: Span, record: Record) -> None:
        """On another partition than its key's a record could overtake the customer's others."""
        if record.key is not None and partition_of(record.key, PARTITIONS) != span.partition:
            right = partition_of(record.key, PARTITIONS)
            raise Unreadable("wrong-partition", f"the key belongs on partition {right}, it came on {span.partition}")

    def _stream(self, topic: str, record: Record, headers: dict[str, Any]) -> tuple[str, str, int] | None:
        writer = WRITER.get(topic)
        if writer is None:
            return None
        version = wire.version_of(headers)
        if version is None or record.key is None:
            raise Unreadable("streamversion", f"{writer}'s own records carry a stream version and a key")
        return writer, record.key.decode(errors="replace"), version
