"""Checks the stubs with the programs behind editors: `python -m tests.types.servers`.

tsc of the versions below comes from npm. lua-language-server is in none of PyPI, npm and Debian, so
it is used where it is installed; tests/types/test_lua.py checks the same files without it.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.types.folder import build, expected

TYPESCRIPT = ("5.9.3", "7.0.2")
REPORTED = re.compile(r"^(\S+?)\((\d+),\d+\): error (TS\d+): (.*)$", re.MULTILINE)
# It completes the keys of a table that is an argument, but does not report unknown ones.
UNSEEN = frozenset(("inject-field",))

Found = dict[tuple[str, int], str]


def main() -> int:
    """Runs every checker there is and prints where it differs from what is expected."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        folder = work / "spells"
        folder.mkdir()
        build(folder)
        faults = list(_typescript(work, folder))
        server = shutil.which("lua-language-server")
        if server:
            faults += _lua(server, work, folder)
        else:
            print("lua-language-server is not installed; tests/types/test_lua.py has checked alone")
    print("\n".join(faults) or "the stubs are as they should be")
    return 1 if faults else 0


def _typescript(work: Path, folder: Path) -> Iterator[str]:
    npm = shutil.which("npm")
    if not npm:
        sys.exit("npm is needed: install node.js 20 or newer with npm")
    packages = [f"typescript-{v}@npm:typescript@{v}" for v in TYPESCRIPT]
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run([*command, "--prefix", str(work), *packages], check=True)
    for version in TYPESCRIPT:
        tsc = work / "node_modules" / f"typescript-{version}" / "bin" / "tsc"
        done = subprocess.run(
            ["node", str(tsc), "--project", "jsconfig.json", "--pretty", "false"],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        found = {(path, int(line)): code for path, line, code, _ in REPORTED.findall(done.stdout)}
        wanted = expected(folder / "types" / "wrong.js")
        yield from _differences(f"tsc {version}", "types/wrong.js", found, wanted)
        if not found:
            yield f"tsc {version} said: {done.stdout}{done.stderr}"


def _lua(server: str, work: Path, folder: Path) -> list[str]:
    report = work / "report.json"
    subprocess.run(
        [
            *(server, "--check", str(folder), "--checklevel=Warning", "--check_format=json"),
            *(f"--check_out_path={report}", f"--logpath={work / 'log'}"),
        ],
        stdout=subprocess.DEVNULL,
    )
    found: Found = {}
    for uri, problems in dict(json.loads(report.read_text(encoding="utf-8"))).items():
        path = Path(unquote(urlsplit(uri).path)).resolve().relative_to(folder.resolve())
        for problem in problems:
            found[str(path), problem["range"]["start"]["line"] + 1] = problem["code"]
    wanted = expected(folder / "types" / "wrong.lua")
    seen = {line: kind for line, kind in wanted.items() if kind not in UNSEEN}
    return list(_differences("lua-language-server", "types/wrong.lua", found, seen))


def _differences(who: str, file: str, found: Found, wanted: dict[int, str]) -> Iterator[str]:
    for line, codes in wanted.items():
        if found.get((file, line)) not in codes.split():
            yield f"{who}: {file}:{line} is wrong ({codes}) and was not reported so"
    for (path, line), code in found.items():
        if path != file or line not in wanted:
            yield f"{who}: {path}:{line} was reported: {code}"


if __name__ == "__main__":
    sys.exit(main())
