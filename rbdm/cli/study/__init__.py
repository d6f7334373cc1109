"""The commands about the results of a whole study."""
