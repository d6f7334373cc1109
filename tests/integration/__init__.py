"""Tests that start servers, a database, a browser, or the command line as a program."""
