"""Tests of `rbdm/export/report`, one file for each of its files."""
