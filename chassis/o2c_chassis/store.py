"""Rows out: touched ones, one statement per table. The only SQL that writes a service's tables."""

from . import arrays
from .failpoints import failpoint
from .service import Service
from .together import Writes
from .working_set import WorkingSet


def save(writes: Writes, service: Service, work: WorkingSet) -> None:
    """Touched rows, one statement per table."""
    failpoint("path.save")
    for kind, rows in work.changed.items():
        keeps = service.by_kind[kind]
        values = list(map(arrays.reader_of(keeps.table), rows))
        if keeps.append_only:
            writes.append(keeps.table, values)
        else:
            writes.add(arrays.upsert(keeps.table), *arrays.as_arrays(len(keeps.table.columns), values))
