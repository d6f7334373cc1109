"""The page `Analyze`: which videos, how they are annotated, and the queue."""
