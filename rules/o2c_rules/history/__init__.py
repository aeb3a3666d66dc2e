"""What was decided, kept as files: exported by watermark, verified as chains, asked again of other rules, counted."""
