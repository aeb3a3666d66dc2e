"""Golden cases run: what fails, what they cover, what could change without any of them noticing."""

from .running import Failure, Trial, run
from .thresholds import Thresholds

__all__ = ["Failure", "Thresholds", "Trial", "run"]
