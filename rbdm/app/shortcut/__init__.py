"""A shortcut on the desktop's menu that starts the app without a terminal."""

from rbdm.app.shortcut.install import install_shortcut

__all__ = ["install_shortcut"]
