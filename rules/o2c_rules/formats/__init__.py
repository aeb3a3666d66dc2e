"""Tables and their golden cases as files: `load` and `save`, in each format the same table. Nothing is decided here."""

from .documents import CASES, Document, cases_in, load, lost, save, save_cases

__all__ = ["CASES", "Document", "cases_in", "load", "lost", "save", "save_cases"]
