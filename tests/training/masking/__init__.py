"""Tests of `rbdm.training.masking`."""
