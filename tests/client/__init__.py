"""Tests of `rbdm/client`, one file for each of its files."""
