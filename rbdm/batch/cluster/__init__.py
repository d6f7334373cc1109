"""Annotates videos on several processes or machines with Dask: on this machine, by jobs of SLURM, or on a scheduler."""
