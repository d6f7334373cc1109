"""Tests of `rbdm/timeline`, one file for each of its files."""
