"""`python -m o2c_cash run | migrate | settings | rebuild`."""

from o2c_chassis.cli import run

from .app import service

run(service)
