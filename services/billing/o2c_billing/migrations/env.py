"""The history of billing's own tables."""

from o2c_chassis.migrate import run_migrations

run_migrations()
