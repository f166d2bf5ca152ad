"""Which Cuecard this is."""

from importlib.metadata import PackageNotFoundError, version


def installed() -> str:
    """Return the version that is installed, empty where only the files are there."""
    try:
        return version("cuecard")
    except PackageNotFoundError:
        return ""
