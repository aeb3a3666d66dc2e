"""`python -m o2c_collections run | migrate | settings | rebuild`."""

from o2c_chassis.cli import run

from .app import service

if __name__ == "__main__":
    run(service)
