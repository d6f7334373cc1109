"""The NOVA database: how to connect to it, and the documents that the command line and the server both need."""
