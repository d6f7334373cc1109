"""Tests of `rbdm/ssi`, one file for each of its files."""
