"""Explanations: which parts of a face a class, valence or arousal rests on."""
