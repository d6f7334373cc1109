"""The network: its architecture, its weights, and how it runs on a CPU or a GPU."""
