"""The pages of the documentation: their fenced blocks, and a shell that runs them."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PAGES = [
    PROJECT / "README.md",
    *sorted(p for p in (PROJECT / "docs").rglob("*.md") if "decisions" not in p.parts),
]
GUIDES = [
    page for page in PAGES if page.name in {"README.md", "tutorial.md"} or "how-to" in str(page)
]
"""Those whose commands a newcomer types."""

MAKE_DEMO = "lake demo --dir build/demo"
"""What `make demo` runs once the environment is there; a test compares it with the Makefile."""

MAKE_SAMPLES = "lake generate retail/sales --out build/lake/retail/raw --refused 1"
"""How `make dev` fills its own lake; a test compares it with the Makefile, too."""

DIRECTIVE = re.compile(r"<!-- (not run|file): (.+) -->")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MARK = "\x1e"


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the directives above it."""

    language: str
    text: str
    not_run: str | None
    file: str | None


@dataclass(frozen=True)
class Command:
    """A command and the output that the page shows; empty if it shows none."""

    text: str
    shown: str = ""


@dataclass(frozen=True)
class Result:
    """What a command printed, on both streams, and its exit code."""

    command: Command
    printed: str
    code: int


def name_of(page: Path) -> str:
    """The page's path in the project."""
    return page.relative_to(PROJECT).as_posix()


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text("utf-8")
    found = []
    for match in FENCE.finditer(text):
        above = text[: match.start()].rstrip("\n").rpartition("\n")[2]
        directive = DIRECTIVE.fullmatch(above)
        kind, what = directive.groups() if directive else ("", None)
        found.append(
            Block(
                match[1],
                match[2],
                what if kind == "not run" else None,
                what if kind == "file" else None,
            )
        )
    return found


def commands(block: Block) -> list[Command]:
    """The commands of a console or bash block."""
    if block.language == "bash":
        return [Command(block.text)]
    if block.language != "console":
        return []
    found: list[Command] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append(Command(line[2:]))
        else:
            last = found.pop()
            found.append(Command(last.text, f"{last.shown}{line}\n"))
    return found


def fresh_clone(root: Path) -> Path:
    """The parts of the project that commands of the pages need, with an environment in .venv."""
    shutil.copytree(PROJECT / "lake_assets", root / "lake_assets")
    shutil.copytree(PROJECT / "deploy", root / "deploy")
    for name in ("Makefile", "pyproject.toml", "dagster.yaml"):
        shutil.copy(PROJECT / name, root)
    (root / ".venv").symlink_to(sys.prefix)
    return root


def run(steps: list[Command], root: Path, environment: dict[str, str]) -> list[Result]:
    """Run commands in one shell, so that variables stay set from one to the next."""
    lines = ["exec 2>&1"]
    for step in steps:
        text = MAKE_DEMO if step.text.strip() == "make demo" else step.text
        lines += [text, f"printf '\\n{MARK}%d\\n' $?"]
    done = subprocess.run(
        ["bash", "-c", "\n".join(lines)],
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=240,
        check=False,
    )
    parts = re.split(rf"\n{MARK}(\d+)\n", done.stdout)
    outputs, codes = parts[:-1:2], parts[1::2]
    return [
        Result(step, printed, int(code))
        for step, printed, code in zip(steps, outputs, codes, strict=True)
    ]


def environment(root: Path, **more: str) -> dict[str, str]:
    """A newcomer's environment: nothing of ours set, 80 columns, no colours."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LAKE_", "DAGSTER_", "PYTEST_", "COV_"))
    }
    return {
        **kept,
        "HOME": str(root),
        "PATH": f"{Path(sys.prefix, 'bin')}{os.pathsep}{kept['PATH']}",
        # Before the installed project: the copy's own lakes are the ones to be found.
        "PYTHONPATH": str(root),
        "COLUMNS": "80",
        "NO_COLOR": "1",
        **more,
    }


def shows(shown: str, printed: str) -> bool:
    """Whether the printed text is as shown; ``...`` stands for anything, alone for any lines.

    Blank lines and spaces at the ends of lines do not count.
    """
    pattern = ""
    for line in _lines(shown):
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(re.escape(part) for part in line.split("...")) + r"\n"
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in _lines(printed))) is not None


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]
