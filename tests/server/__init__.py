"""Tests of `rbdm/server`, one file for each of its files."""
