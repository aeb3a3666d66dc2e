"""DMN files: models of decisions that can be asked, and our own decision tables as DMN for other programs."""

from .model import Model

__all__ = ["Model"]
