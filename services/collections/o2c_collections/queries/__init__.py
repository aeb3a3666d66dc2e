"""Read-only questions: who owes how much since when, what happens next, what was done, what must be true."""
