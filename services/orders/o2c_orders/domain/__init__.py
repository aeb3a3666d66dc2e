"""Customers, contracts, orders and what counts as exposure. No I/O, no clock, no rules."""
