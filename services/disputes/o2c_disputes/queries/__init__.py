"""Read-only questions to disputes' database."""
