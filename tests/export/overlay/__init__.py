"""Tests of `rbdm/export/overlay`, one file for each of its files."""
