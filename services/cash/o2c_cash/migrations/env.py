"""How cash's tables came to be."""

from o2c_chassis.migrate import run_migrations

run_migrations()
