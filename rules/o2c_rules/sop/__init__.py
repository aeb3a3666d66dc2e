"""Tables as pages of a procedure, in words that the person responsible can sign. The table stays the only source."""

from .pages import pages, stale

__all__ = ["pages", "stale"]
