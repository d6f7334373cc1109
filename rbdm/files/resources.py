"""Where the files are that come with rbdm, and where downloaded and derived files are kept."""

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
"""The folder of the package `rbdm`."""
MODULE_IN_WHEEL = "_module"


def module_folder() -> Path:
    """The folder of `rbdm.trainer` and `weights`: around the package in a checkout, inside it in a wheel."""
    return PACKAGE.parent if (PACKAGE.parent / "rbdm.trainer").is_file() else PACKAGE / MODULE_IN_WHEEL


BUNDLED = module_folder() / "weights"
"""The folder of the weights that come with rbdm."""


def cache_folder() -> Path:
    """Where downloads and derived models are kept: the server's `CACHE_DIR`, else the user's cache."""
    import pooch

    server = os.environ.get("CACHE_DIR")
    return Path(server or pooch.os_cache("rbdm")) / "rbdm"
