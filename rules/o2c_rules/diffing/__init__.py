"""What changes between two versions of the books, in an analyst's words; never decides by either."""

from .report import Difference, difference, differences

__all__ = ["Difference", "difference", "differences"]
