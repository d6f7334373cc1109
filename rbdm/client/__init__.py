"""Talks to a DISCOVER or NOVA server from outside: installs the module, posts jobs, follows them."""
