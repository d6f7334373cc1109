"""The errors that a user sees. Each message is one line that names the file or field and says what to do."""


class RbdmError(Exception):
    """Base of every error whose message is meant for the user."""


class InputError(RbdmError):
    """A video, image, box stream or annotation file cannot be used."""


class WeightsError(RbdmError):
    """Weights are missing, damaged or for another network, or cannot be downloaded."""


class OptionError(RbdmError, ValueError):
    """An option is unknown or its value is out of range."""


class SchemeError(RbdmError):
    """An annotation scheme cannot hold our classes or values."""


class OutputError(RbdmError):
    """A result cannot be written."""
