"""The queue: which videos are to be annotated, what became of each, and the process that annotates them."""
