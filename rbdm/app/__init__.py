"""The window for people who do not type commands: a server on this machine, and its pages in their browser."""
