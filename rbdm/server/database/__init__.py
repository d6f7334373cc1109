"""Stores the annotations of a session in the NOVA database: all of them or none, and nothing of a person is lost."""
