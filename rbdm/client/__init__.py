"""The client of a DISCOVER or NOVA server: installs the module there, submits jobs and watches them."""
