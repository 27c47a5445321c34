"""Runs the JavaScript engine as a worker process does, with a sample API given as JSON."""

from __future__ import annotations

import json
import sys


def main(arguments: list[str]) -> None:
    """Arguments: socket descriptor, API, folders of modules."""
    fd, api, folders = arguments[0], json.loads(arguments[1]), arguments[2:]
    sys.path.extend(folders)
    from engines import _worker

    _worker._read_bindings = lambda: api
    _worker.main([fd, "javascript", *folders])


if __name__ == "__main__":
    main(sys.argv[1:])
