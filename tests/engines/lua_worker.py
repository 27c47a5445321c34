"""Runs the Lua engine as a worker process does, with a sample API given as a JSON file."""

from __future__ import annotations

import json
import os
import sys


def main(arguments: list[str]) -> None:
    """Arguments: socket descriptor, API file, whether to harden, folders of modules."""
    fd, api_file, hardened, folders = int(arguments[0]), *arguments[1:3], arguments[3:]
    sys.path.extend(folders)
    from engines import _hardening
    from engines._channel import Channel
    from engines._protocol import READY
    from engines.lua.worker import Engine

    channel = Channel(fd)
    with open(api_file, encoding="utf-8") as file:
        engine = Engine(channel, json.load(file))
    channel.send(READY, 0, json.dumps({"engine": "lua", "version": engine.version}).encode())
    frame = channel.receive()
    assert frame is not None
    size = int.from_bytes(frame.payload[:4], "little")
    config = json.loads(frame.payload[4 : 4 + size])
    engine.prepare(config)
    channel.listen_for_interrupts()
    if hardened == "yes":
        _hardening.harden(config["memory"], config["cpu"])
    engine.run(config, frame.payload[4 + size :])
    channel.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
