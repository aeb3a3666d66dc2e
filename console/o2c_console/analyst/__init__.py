"""`o2c rules`: what an analyst does with rule files, from the first row to the release. One module per command."""
