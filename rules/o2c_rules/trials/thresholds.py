"""How much the golden cases must cover for a release, in percent."""

from collections.abc import Iterator
from dataclasses import dataclass

from .coverage import Coverage


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Least percentages."""

    row: int = 100
    cell: int = 0
    boundary: int = 0

    def missed(self, coverage: Coverage) -> Iterator[str]:
        """What a version lacks, one sentence per kind of coverage."""
        for kind, least in (("row", self.row), ("cell", self.cell), ("boundary", self.boundary)):
            share = getattr(coverage, kind)
            if share.percent < least:
                yield f"{coverage.file}: {kind} coverage is {share.percent} %, {least} % are wanted"
