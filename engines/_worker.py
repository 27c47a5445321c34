"""The worker process: boots one engine, hardens itself, runs one spell, ends with os._exit.

Started by `engines._process` as a script under `python -I -S -B` with an empty environment:
`_worker.py SOCKET_FD LANGUAGE FOLDER…`, the folders holding this package and the engine's library.
"""

from __future__ import annotations

import sys


def main(arguments: list[str]) -> None:
    """Runs the worker; never returns."""
    fd, language, folders = int(arguments[0]), arguments[1], arguments[2:]
    sys.path.extend(folders)
    import os

    from engines._channel import Channel, HostGone
    from engines._defect import describe_defect

    # Whatever else was open where llmspell was started is none of a spell's business.
    os.closerange(3, fd)
    os.closerange(fd + 1, 1 << 16)
    channel = Channel(fd)
    try:
        _serve(channel, language)
        channel.flush()
    except HostGone:
        os._exit(1)
    except BaseException:  # noqa: BLE001 - the worker's own main: the host must hear of any defect
        _report(channel, describe_defect())
        os._exit(70)
    # Destroying a JavaScript context that is suspended corrupts its heap; nothing is torn down.
    os._exit(0)


def _serve(channel: object, language: str) -> None:
    import json
    from importlib import import_module

    from engines import _hardening
    from engines._channel import Channel
    from engines._protocol import READY, START

    assert isinstance(channel, Channel)
    _hardening.die_with_parent()
    engine = import_module(f"engines.{language}.worker").Engine(channel, _read_bindings())
    channel.send(READY, 0, json.dumps({"engine": language, "version": engine.version}).encode())
    frame = channel.receive()
    while frame is not None and frame.kind != START:
        frame = channel.receive()
    assert frame is not None
    size = int.from_bytes(frame.payload[:4], "little")
    config = json.loads(frame.payload[4 : 4 + size])
    values = frame.payload[4 + size :]
    channel.listen_for_interrupts()
    # A hardened worker can open no file: what only some runs need is read here.
    if "debug" in config or "profile" in config or config["form"] == "repl":
        engine.prepare(config)
    active = _hardening.harden(config["memory"], config["cpu"])
    if config["form"] == "probe":
        channel.send(READY, 1, json.dumps({"version": engine.version, "active": active}).encode())
    else:
        engine.run(config, values)


def _read_bindings() -> dict[str, object]:
    import json
    import os

    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    with open(os.path.join(folder, "stdlib", "bindings.json"), encoding="utf-8") as file:
        bindings: dict[str, object] = json.load(file)
    return bindings


def _report(channel: object, defect: bytes) -> None:
    from engines._channel import Channel, HostGone
    from engines._protocol import BROKEN

    assert isinstance(channel, Channel)
    try:
        channel.send(BROKEN, 0, defect)
        channel.flush()
    except (HostGone, MemoryError):
        pass


if __name__ == "__main__":
    main(sys.argv[1:])
