"""Takes away what a worker does not need: resources, privileges, system calls.

Runs inside the worker. Linux gets rlimits, no_new_privs, seccomp and parent-death; other systems
what they have of it. `harden` returns the names of what is active, for `llmspell info`.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_SET_DUMPABLE = 1, 38, 4
SET_MODE_FILTER, TSYNC = 1, 1
# Audit architecture and the calls a computing, socket-reading, thread-switching process makes.
# Numbers: Linux's arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_ALLOWED = {
    "x86_64": (
        # read write close fstat poll lseek mmap munmap brk sigaction sigprocmask sigreturn
        *(0, 1, 3, 5, 7, 8, 9, 11, 12, 13, 14, 15),
        # select sched_yield mremap madvise getpid sendto recvfrom sendmsg recvmsg shutdown
        *(23, 24, 25, 28, 39, 44, 45, 46, 47, 48),
        # exit gettimeofday getrusage sigaltstack gettid futex restart_syscall clock_gettime
        *(60, 96, 98, 131, 186, 202, 219, 228),
        # clock_getres clock_nanosleep exit_group pselect6 ppoll getrandom membarrier rseq
        *(229, 230, 231, 270, 271, 318, 324, 334),
    ),
    "aarch64": (
        # close lseek read write pselect6 ppoll fstat exit exit_group futex clock_gettime
        *(57, 62, 63, 64, 72, 73, 80, 93, 94, 98, 113),
        # clock_getres clock_nanosleep restart_syscall sched_yield sigaltstack sigaction
        *(114, 115, 128, 124, 132, 134),
        # sigprocmask sigreturn getrusage gettimeofday getpid gettid sendto recvfrom shutdown
        *(135, 139, 165, 169, 172, 178, 206, 207, 210),
        # sendmsg recvmsg brk munmap mremap mmap madvise getrandom membarrier rseq
        *(211, 212, 214, 215, 216, 222, 233, 278, 283, 293),
    ),
}
MARGIN = 96 * 1024 * 1024
"""Address space a worker may take beyond the spell's memory limit: buffers at the border."""


def harden(memory: int, cpu: float) -> list[str]:
    """Locks the worker down for good.

    memory: the spell's memory limit in bytes
    cpu: the spell's processor time in seconds, counted from the worker's start
    """
    active = limit_resources(memory, cpu)
    if sys.platform == "linux":
        active += _linux_privileges()
    return active


def die_with_parent() -> None:
    """Makes the kernel end the worker when the host ends, however that happens (Linux)."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def limit_resources(memory: int, cpu: float) -> list[str]:
    """Sets the rlimits: address space, processor time, files, processes, core dumps."""
    seconds = max(1, int(-(-cpu // 1)))
    limits = [
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_NOFILE, 16, 16),
        (resource.RLIMIT_FSIZE, 0, 0),
        # SIGXCPU asks the engine for a traceback; the kernel kills one second later.
        (resource.RLIMIT_CPU, seconds, seconds + 1),
    ]
    if sys.platform == "linux":
        size = _address_space() + memory + memory // 2 + MARGIN
        limits.append((resource.RLIMIT_AS, size, size))
    for kind, soft, hard in limits:
        resource.setrlimit(kind, (soft, hard))
    return ["rlimits"]


def _address_space() -> int:
    with open("/proc/self/statm", "rb") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()


def _linux_privileges() -> list[str]:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return []
    machine = os.uname().machine
    if machine not in _AUDIT:
        return ["no_new_privs"]
    code = _filter(machine)
    buffer = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    # TSYNC: the thread that watches for interrupts gets the filter too.
    if libc.syscall(_SECCOMP[machine], SET_MODE_FILTER, TSYNC, program):
        return ["no_new_privs"]
    return ["no_new_privs", "seccomp"]


def _filter(machine: str) -> bytes:
    """Builds the seccomp program: kill on a foreign architecture, EPERM for an unlisted call."""
    allowed = _ALLOWED[machine]
    load, jump_equal, jump_greater, answer = 0x20, 0x15, 0x35, 0x06
    steps = [
        (load, 0, 0, 4),
        (jump_equal, 1, 0, _AUDIT[machine]),
        (answer, 0, 0, 0x80000000),
        (load, 0, 0, 0),
    ]
    if machine == "x86_64":  # the x32 table shares the architecture: refuse its numbers
        steps += [(jump_greater, 0, 1, 0x40000000), (answer, 0, 0, 0x80000000)]
    for number in allowed:
        steps += [(jump_equal, 0, 1, number), (answer, 0, 0, 0x7FFF0000)]
    steps.append((answer, 0, 0, 0x00050000 | 1))
    return b"".join(struct.pack("HBBI", *step) for step in steps)
