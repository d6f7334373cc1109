"""Names files, finds the files that come with rbdm, and writes files completely or not at all."""
