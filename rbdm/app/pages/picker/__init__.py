"""Choosing files and folders of this machine, in the browser: nothing is uploaded."""
