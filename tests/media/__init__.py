"""Tests of `rbdm/media`, one file for each of its files."""
