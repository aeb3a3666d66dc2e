"""FEEL, the language of cells and formulas: text to a tree, a tree to a value. No `eval`, no clock, no endless work."""
