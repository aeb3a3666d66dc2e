"""Rule files, their language, calendars, identification and aging: decisions as data that explain themselves."""
