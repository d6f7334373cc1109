"""Turns the pixels of a decoded frame into the picture that players show."""
