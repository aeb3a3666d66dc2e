"""What people and other systems touch: the one address and the o2c command line."""
