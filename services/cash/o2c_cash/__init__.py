"""Which items does this money pay, and what is still open?"""
