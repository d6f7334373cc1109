"""Names of files, files that come with rbdm, and writing files completely or not at all."""
