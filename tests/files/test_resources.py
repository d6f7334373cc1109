"""Downloaded and converted files are kept in one folder: the server's, or the user's."""

from pathlib import Path

import pooch

from rbdm.files.resources import cache_folder


def test_without_a_servers_folder_the_cache_is_the_users(monkeypatch):
    monkeypatch.delenv("CACHE_DIR", raising=False)
    assert cache_folder().is_relative_to(Path(pooch.os_cache("rbdm")))
