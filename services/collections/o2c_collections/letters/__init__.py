"""Dunning letters on paper: made from the content that was fixed when the letter was decided."""
