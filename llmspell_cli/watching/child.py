"""What `--watch` starts: the ordinary program, which also tells the watcher what it reads.

A script: `child.py PIPE_FD WATCHER_PID ARGUMENTS…`. SIGINT is blocked when it starts, and then
ignored: a Ctrl-C reaches the watcher as well, which passes it on as SIGTERM.
"""

# No __future__ import here: it would be looked up before the path is known.
import os
import signal
import sys


def main() -> None:
    """Runs the program; never returns."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    fd, parent = int(sys.argv.pop(1)), int(sys.argv.pop(1))
    os.set_inheritable(fd, False)
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    if root not in sys.path:
        sys.path.append(root)
    from engines._hardening import die_with_parent
    from llmspell_cli.__main__ import main as run
    from llmspell_cli.watching._reads import listen_into

    die_with_parent()
    if os.getppid() != parent:
        os._exit(1)  # it ended before the kernel was told
    listen_into(fd)
    run()


if __name__ == "__main__":
    main()
