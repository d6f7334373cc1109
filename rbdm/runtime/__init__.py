"""Runs LiteRT models on the CPU cores of this machine."""
