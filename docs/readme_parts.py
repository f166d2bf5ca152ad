"""The parts of the README that the code knows better: make readme writes them."""

import ast
from dataclasses import fields
from pathlib import Path

from webapp.config import Settings

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
MIB = 1024 * 1024


def settings() -> str:
    """The table of settings, a row each."""
    rows = ["| Variable | Default | Unit | Meaning |", "|---|---|---|---|"]
    for field in fields(Settings):
        words = field.metadata
        rows.append(
            f"| `{words['env']}` | {_shown(field.default)} | {words['unit']} | {words['meaning']} |"
        )
    return "\n".join(rows)


def _shown(default: object) -> str:
    match default:
        case () | "":
            return "none"
        case tuple():
            return f"`{','.join(default)}`"
        case int() if default >= MIB:
            return f"{default // MIB} MiB"
        case _:
            return f"`{default}`"


def tree() -> str:
    """The modules of the application, a line each: the first sentence of each docstring."""
    lines = ["```"]
    for path in _sorted(ROOT / "webapp"):
        depth = len(path.relative_to(ROOT).parts) - 1
        if path.is_dir():
            sentence, name = _sentence(path / "__init__.py"), f"{path.name}/"
        else:
            sentence, name = _sentence(path), path.name
        lines.append(f"{'  ' * depth + name:28}{sentence}")
    return "\n".join([*lines, "```"])


def _sorted(folder: Path) -> list[Path]:
    """Folder by folder, what stands beside a folder after it."""
    found = [folder]
    paths = [path for path in folder.iterdir() if path.name not in ("__init__.py", "__pycache__")]
    for path in sorted(paths, key=lambda path: (path.is_file(), path.name)):
        if path.is_dir():
            found += _sorted(path)
        elif path.suffix == ".py":
            found.append(path)
    return found


def _sentence(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split())


def written(text: str) -> str:
    """Return the README with its parts as the code has them now."""
    for mark, part in (("settings", settings()), ("tree", tree())):
        head, start, rest = text.partition(f"<!-- {mark} -->\n")
        _, end, tail = rest.partition(f"<!-- /{mark} -->")
        text = f"{head}{start}{part}\n{end}{tail}"
    return text


if __name__ == "__main__":
    README.write_text(written(README.read_text("utf-8")), "utf-8")
