"""What cash is about: open items, the money that pays them, and how one explains the other. No I/O, no clock."""
