"""Headers as bytes and back, whatever is in them."""

import orjson
from o2c_contracts.wire import Headers


def pack(headers: Headers) -> bytes:
    return orjson.dumps([(name, None if value is None else value.decode("latin-1")) for name, value in headers])


def unpack(packed: bytes) -> Headers:
    return tuple(
        (name, None if value is None else value.encode("latin-1")) for name, value in orjson.loads(packed)
    )
