"""One function for each event, command and deadline that orders hears: working set in, events out."""
