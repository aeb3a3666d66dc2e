"""What does the customer owe, and since when?"""
