"""The page `Help`."""
