"""What disputes keeps, and what each event needs of it."""

from .schema import metadata

__all__ = ["metadata"]
