"""Headers as bytes and back, whatever is in them."""

from collections.abc import Sequence

import orjson
from o2c_contracts.wire import Headers


def pack_texts(headers: Sequence[tuple[str, str]]) -> bytes:
    """The same form for headers of our own; what is not Latin-1 goes as its UTF-8 bytes, as `pack` would have it."""
    packed = orjson.dumps(headers)
    return packed if packed.isascii() else pack(tuple((name, text.encode()) for name, text in headers))


def pack(headers: Headers) -> bytes:
    return orjson.dumps([(name, None if value is None else value.decode("latin-1")) for name, value in headers])


def unpack(packed: bytes) -> Headers:
    return tuple((name, None if value is None else value.encode("latin-1")) for name, value in orjson.loads(packed))
