"""Who is late, and what do we do about it?"""
