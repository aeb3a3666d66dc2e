"""Read-only questions to the orders database."""
