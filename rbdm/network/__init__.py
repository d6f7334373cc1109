"""The network: its architecture, its weights, and running it on a CPU or a GPU."""
