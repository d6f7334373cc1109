"""Tests of `rbdm/training`, one file for each of its files."""
