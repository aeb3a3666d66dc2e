"""The history of the orders database."""

from o2c_chassis.migrate import run_migrations

run_migrations()
