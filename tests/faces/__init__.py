"""Tests of `rbdm/faces`, one file for each of its files."""
