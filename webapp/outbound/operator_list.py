"""The operator's list of endpoints, from the file or the text that a setting names."""

from pathlib import Path

from webapp.config import SettingError
from webapp.endpoints.listed import BadList, Listed, read_listed

SETTING = "CUECARD_ENDPOINTS"


def load_listed(setting: str) -> Listed:
    """Return what ``setting`` holds: JSON itself, or the path of a ``.toml`` or ``.json`` file.

    Raises:
        SettingError: if it cannot be used; the message names file, row and member.
    """
    if not setting:
        return Listed()
    try:
        if setting.lstrip().startswith("{"):
            return read_listed(setting, SETTING, toml=False)
        path = Path(setting).expanduser()
        if path.suffix not in (".toml", ".json"):
            raise SettingError(f"{SETTING}: {setting[:200]} is neither .toml nor .json, nor JSON")
        return read_listed(
            path.read_text("utf-8"), f"{SETTING}: {setting[:200]}", toml=path.suffix == ".toml"
        )
    except BadList as fault:
        raise SettingError(str(fault)) from fault
    except UnicodeDecodeError as fault:
        raise SettingError(f"{SETTING}: {setting[:200]} is not UTF-8") from fault
    except OSError as fault:
        raise SettingError(f"{SETTING}: {setting[:200]}: {fault.strerror}") from fault
