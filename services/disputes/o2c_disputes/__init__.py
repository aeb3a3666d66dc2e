"""What does the customer ask or contest, who is right, and by when do they hear?"""
