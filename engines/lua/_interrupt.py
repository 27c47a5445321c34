"""Stops a computing Lua coroutine from another thread, through the C API that lupa exports.

A debug hook in Lua would cost every loop twice its time; this costs nothing until it is used.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

_MASK_COUNT = 8  # LUA_MASKCOUNT


def stopper(library: str) -> Callable[[int], None] | None:
    """Returns a function that makes the next instruction of the lua_State at an address fail.

    The hook is `luaL_error` itself. Called with the hook's record for a format, it reads the
    record's first field, the event number LUA_HOOKCOUNT: the error's text ends in "\\x03".
    The interpreter lock is held meanwhile (PyDLL), so that no coroutine changes under it.

    library: file of the extension module that carries Lua
    returns: None where that library exports nothing
    """
    try:
        api = ctypes.PyDLL(library)
        set_hook = api.lua_sethook
        failing_hook = ctypes.cast(api.luaL_error, ctypes.c_void_p)
    except (OSError, AttributeError):
        return None
    set_hook.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int)
    set_hook.restype = None

    def stop(state: int) -> None:
        set_hook(state, failing_hook, _MASK_COUNT, 1)

    return stop
