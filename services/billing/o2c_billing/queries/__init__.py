"""Read-only questions to billing's database."""
