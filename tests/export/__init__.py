"""Tests of `rbdm/export`, one file for each of its files."""
