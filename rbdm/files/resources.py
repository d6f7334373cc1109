"""Finds the files that come with rbdm, and the folder for downloaded and converted files."""

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
"""The folder of the package `rbdm`."""
MODULE_IN_WHEEL = "_module"
"""The folder inside the package that holds the files of the server's module in a wheel (see `pyproject.toml`)."""


def module_folder() -> Path:
    """The folder that has `rbdm.trainer` and `weights`: in a checkout the package's parent, in a wheel inside it."""
    return PACKAGE.parent if (PACKAGE.parent / "rbdm.trainer").is_file() else PACKAGE / MODULE_IN_WHEEL


BUNDLED = module_folder() / "weights"
"""The folder of the weights that come with rbdm."""


def cache_folder() -> Path:
    """The folder for downloaded and converted files: `rbdm` in the server's `CACHE_DIR`, else in the user's cache."""
    import pooch

    server_cache = os.environ.get("CACHE_DIR")
    return Path(server_cache or pooch.os_cache("rbdm")) / "rbdm"
