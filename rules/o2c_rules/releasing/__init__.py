"""How rules come into force: proposed by one person, reviewed by another, released, chosen by contract and instant."""
