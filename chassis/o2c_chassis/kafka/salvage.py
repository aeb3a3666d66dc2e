"""Records that aiokafka cannot take apart: a header whose name is no UTF-8 ends its whole fetch, again and again.

Any C client can write one. Read here with the name made readable, such a record is parked or handled like any other.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import Any

from aiokafka import ConsumerRecord
from aiokafka.record.default_records import _DefaultRecordBatchPy as Batch

from o2c_chassis.bus import Place

_LENGTH = struct.Struct(">qi")


class _Lenient(bytearray):
    """Its parts are as lenient as itself."""

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return _Lenient(found) if isinstance(found, bytearray) else found

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return super().decode(encoding, "backslashreplace")


def taken_apart(place: Place, fetched: bytes, first: int, most: int) -> Sequence[Any]:
    """Up to `most` records from the offset `first` on, as the client would have given them."""
    records = []
    for batch in _batches(fetched):
        if batch.is_control_batch:
            continue
        iter(batch)  # decompresses
        batch._buffer = _Lenient(batch._buffer)  # noqa: SLF001 - where the names are decoded
        records += [_record(place, r) for r in batch if r.offset >= first]
        if len(records) >= most:
            break
    return records[:most]


def _batches(fetched: bytes) -> Iterator[Any]:
    """Whole batches only: the last one of a fetch may be cut."""
    at = 0
    while at + _LENGTH.size <= len(fetched):
        _, length = _LENGTH.unpack_from(fetched, at)
        after = at + _LENGTH.size + length
        if after > len(fetched):
            return
        yield Batch(fetched[at:after])
        at = after


def _record(place: Place, r: Any) -> Any:
    key, value = r.key, r.value
    sizes = len(key) if key is not None else -1, len(value) if value is not None else -1
    return ConsumerRecord(*place, r.offset, r.timestamp, r.timestamp_type, key, value, None, *sizes, tuple(r.headers))
