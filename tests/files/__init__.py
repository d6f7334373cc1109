"""Tests of `rbdm/files`, one file for each of its files."""
