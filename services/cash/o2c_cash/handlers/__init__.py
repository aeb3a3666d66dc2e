"""What cash does with each event. Pure: rows and rules in, rows and events out."""
