"""Tests of `rbdm/cli`, one file for each of its files."""
