"""Read-only questions to the orders database; by these two the chassis counts and compares."""

from .compared import escalation_count, totals

__all__ = ["escalation_count", "totals"]
