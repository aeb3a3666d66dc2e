"""Parts of events as JSON text in a row, and back, as strictly as on the wire."""

import json
from collections.abc import Sequence
from typing import TypeVar

from o2c_contracts.event import Part

P = TypeVar("P", bound=Part)


def written(parts: Sequence[Part]) -> str:
    return f"[{','.join(part.model_dump_json() for part in parts)}]"


def read(kind: type[P], text: str) -> tuple[P, ...]:
    """ValueError for what is none of this kind."""
    return tuple(kind.model_validate_json(json.dumps(item)) for item in json.loads(text))
