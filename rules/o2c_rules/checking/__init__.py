"""What is wrong with a table before anybody is decided by it, each time with a counter-example in facts."""
