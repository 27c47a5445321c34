"""Runs the JavaScript engine as a worker process does, with a sample API given as a JSON file."""

from __future__ import annotations

import json
import sys


def main(arguments: list[str]) -> None:
    """Arguments: socket descriptor, API file, folders of modules."""
    fd, api_file, folders = int(arguments[0]), arguments[1], arguments[2:]
    sys.path.extend(folders)
    from engines import _worker

    with open(api_file, encoding="utf-8") as file:
        api = json.load(file)
    _worker._read_api = lambda: api
    _worker.main([str(fd), "javascript", *folders])


if __name__ == "__main__":
    main(sys.argv[1:])
