"""One function for each event, command and deadline that billing hears: working set in, events out."""
