"""Where the program begins: `llmspell`, and `python -m llmspell_cli`."""

# No __future__ import here: it would be looked up before the path is safe.
import gc
import os
import signal
import sys

# `-m` puts the working directory first, where any file could pass for one of our modules.
if __name__ == "__main__" and not sys.flags.safe_path:
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if sys.path[0] != root:
        del sys.path[0]


# What a start makes is classes and functions, which stay: looking through them again and again
# for garbage would take a twentieth of it.
gc.set_threshold(20_000, 20, 20)


def main() -> None:
    """Runs the program and ends the process with its exit code."""
    if sys.argv[1:] == ["--version"]:
        from llmspell_cli import __version__

        try:
            sys.stdout.write(f"llmspell {__version__}\n")
            sys.stdout.flush()
        except OSError as error:
            sys.stderr.write(f"error: standard output cannot be written: {error.strerror}\n")
            os._exit(1)
        return
    try:
        code = _run()
    except KeyboardInterrupt:
        from bridges._processes import kill_all

        kill_all()  # a worker that was started early
        code = 130
    # Everything is flushed. A thread may still be blocked on a terminal, or importing an SDK that
    # turned out not to be needed: the process does not wait for it.
    os._exit(code)


def _run() -> int:
    _fill_standard_streams()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            # They end the program as Ctrl-C does, cleaning up.
            signal.signal(number, signal.default_int_handler)
    from llmspell_cli import early

    early.start(sys.argv)
    from llmspell_cli.main import run
    from llmspell_cli.world import World

    return run(World.real())


def _fill_standard_streams() -> None:
    """Opens what was closed at the start: a socket that got its number would be taken for it."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)  # the lowest free number, which is this one


if __name__ == "__main__":
    main()
