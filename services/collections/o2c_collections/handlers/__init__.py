"""What collections does with what it hears. Pure: rows in, rows and events out."""
