"""What a case, its contested amount and its clocks are, and how each may change. No rules, no time of its own."""
