"""The version of rbdm; the root's `version.py`, the build and every annotation read it here."""

__version__ = "1.1.0"
