"""The version of rbdm. The `version.py` of the repository, the build and every annotation take it from here."""

__version__ = "1.4.0"
