"""What collections knows: items by due date, promises, letters, accounts. Standard library only, no I/O, no clock."""
