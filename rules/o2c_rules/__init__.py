"""Rule files, their language, calendars, identification and aging."""
