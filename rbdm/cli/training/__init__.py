"""The commands that train, quantize and evaluate the network."""
