"""The service's command line."""

from o2c_chassis.cli import run

from .app import service

run(service)
