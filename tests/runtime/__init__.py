"""Tests of `rbdm/runtime`, one file for each of its files."""
