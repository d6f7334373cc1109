"""Long tests that run by command: `python -m tests.campaigns.<name>`. A small sample of each is a test."""
