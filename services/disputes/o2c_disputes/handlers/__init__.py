"""What disputes does with what it hears. Pure: rows and the rule book in, rows and events out."""
