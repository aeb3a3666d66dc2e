"""JSON lines on stderr, each with the service and, inside the path, the event it is about. Never a body: ids only."""

import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class Lines(logging.Formatter):
    """One JSON object per record; control characters of others cannot break a line."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "text": record.getMessage()[:2000],
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def configure(level: str, service: str) -> None:
    """For this process; what libraries say below a warning is left out."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("o2c").setLevel(level.upper())


def ids(headers: Mapping[str, str]) -> dict[str, str]:
    """What identifies an event, for a line about it."""
    names = {"ce_source": "source", "ce_id": "id", "ce_type": "type", "ce_customerid": "customer_id"}
    return {name: headers[header][:200] for header, name in names.items() if header in headers}
