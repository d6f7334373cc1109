"""Tests of `rbdm/batch`, one file for each of its files."""
