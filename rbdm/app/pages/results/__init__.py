"""The page `Results`: the videos of a study and their reports, one table for all, and the agreement with people."""
