"""`python -m o2c_console`: the same as `o2c`."""

from .main import main

main()
