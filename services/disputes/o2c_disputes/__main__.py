"""`python -m o2c_disputes run | migrate | settings | rebuild`: this service alone."""

from o2c_chassis.cli import run

from .app import service

if __name__ == "__main__":
    run(service)
