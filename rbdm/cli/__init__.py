"""The command line `rbdm`: one module for each command or group of commands."""
