"""Running LiteRT models on the cores of this machine."""
