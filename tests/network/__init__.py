"""Tests of `rbdm/network`, one file for each of its files."""
