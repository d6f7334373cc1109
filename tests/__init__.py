"""Tests of rbdm."""
