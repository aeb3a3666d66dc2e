"""The chassis's own history."""

from o2c_chassis.migrate import run_migrations

run_migrations()
