"""Read-only questions to billing's database; by `totals` the chassis compares."""

from .compared import totals

__all__ = ["totals"]
