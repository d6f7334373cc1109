"""The page `Results`."""
