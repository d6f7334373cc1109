"""How good weights are on labelled faces."""
