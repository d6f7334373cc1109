"""The page `Analyze`."""
