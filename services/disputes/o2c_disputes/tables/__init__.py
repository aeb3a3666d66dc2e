"""What disputes keeps, and what each event needs of it."""
