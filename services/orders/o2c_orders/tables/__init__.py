"""The orders database, and which rows each event needs."""

from .schema import KEEPS, metadata

__all__ = ["KEEPS", "metadata"]
