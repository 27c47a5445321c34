"""QuickJS through dukpy's C extension and the C interface that it exports.

Only the extension is loaded: importing the package `dukpy` costs 40 ms, and its interpreter class
hands scripts the environment and the file system.
"""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Callable
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_file_location

from engines.javascript.operations import Look

TYPE_CHECKING = False  # importing typing would cost a worker a sixth of its start
if TYPE_CHECKING:
    from typing import Any, Protocol

    class Interpreter(Protocol):
        """What the extension looks up on the object that evaluates."""

        _ctx: Any
        loader: Any

        def _check_exported_function_exists(self, name: bytes) -> bool: ...
        def _call_python(self, name: bytes, arguments: bytes) -> bytes | None: ...
        def _normalize_module(self, importer: str, name: str) -> str: ...


MODULE, STRICT, COMPILE_ONLY, AWAITS = 1, 1 << 3, 1 << 5, 1 << 7
_TAG_INTEGER, _TAG_NULL, _TAG_UNDEFINED, _TAG_EXCEPTION = 0, 2, 3, 6
_REJECTED = 2
NEARLY = 128 * 1024
"""Bytes below its limit at which a heap is full: an error needs some, to be told."""


STACK = 4 * 1024 * 1024
"""About 2,500 calls deep."""


class Value(ctypes.Structure):
    """A JSValue of a 64-bit build: a number or pointer, and what it is."""

    _fields_ = (("payload", ctypes.c_uint64), ("tag", ctypes.c_int64))
    payload: int
    tag: int


UNDEFINED = Value(0, _TAG_UNDEFINED)
_Interrupt = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_Tracker = ctypes.PYFUNCTYPE(None, ctypes.c_void_p, Value, Value, ctypes.c_bool, ctypes.c_void_p)


class Thrown(Exception):
    """A script threw; `value` is what."""

    def __init__(self, value: Value) -> None:
        super().__init__("a script threw")
        self.value = value


def load_extension() -> Any:
    """Loads dukpy's C extension alone; raises ImportError when it is not there."""
    found = find_spec("dukpy")
    for folder in (found and found.submodule_search_locations) or []:
        for suffix in EXTENSION_SUFFIXES:
            path = os.path.join(folder, "_dukpy" + suffix)
            if os.path.exists(path):
                loader = ExtensionFileLoader("dukpy._dukpy", path)
                spec = spec_from_file_location("dukpy._dukpy", path, loader=loader)
                assert spec is not None
                module = module_from_spec(spec)
                loader.exec_module(module)
                return module
    raise ImportError("the JavaScript engine needs the package dukpy 0.6")


def stack_size() -> int:
    """Returns the bytes of C stack a script may use."""
    soft, _ = resource.getrlimit(resource.RLIMIT_STACK)
    return STACK if soft == resource.RLIM_INFINITY else min(STACK, soft // 2)


class QuickJS:
    """One context with its runtime.

    version: the engine's version
    error: the exception type that `evaluate` raises for a script error
    """

    def __init__(self, extension: Any, owner: Interpreter) -> None:
        self._extension = extension
        self._owner = owner
        self.error: type[Exception] = extension.JSRuntimeError
        owner._ctx = extension.create_context()
        self._api = _functions(extension.__file__)
        get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
        get_pointer.restype = ctypes.c_void_p
        get_pointer.argtypes = (ctypes.py_object, ctypes.c_char_p)
        at = get_pointer(owner._ctx, b"DUKPY_CONTEXT_CAPSULE")
        # The capsule holds dukpy's {JSRuntime *; JSContext *; …}.
        self._runtime, self._context = (ctypes.c_void_p * 2).from_address(at)
        self._global = self._api.JS_GetGlobalObject(self._context)
        self.version: str = self._api.JS_GetVersion().decode()
        self._memory = 0
        self._kept: list[Any] = []
        self._rejections: dict[int, tuple[Value, Value]] = {}

    # -- evaluating

    def evaluate(self, code: bytes, variable: bytes) -> bytes | None:
        """Runs a script and every job it leaves; returns its value as JSON.

        variable: JSON for the global `dukpy`
        """
        found: bytes | None = self._extension.eval_string(self._owner, code, variable)
        return found

    def compile(self, source: bytes, name: str, flags: int) -> Value:
        """Compiles a script under a file name; raises Thrown with the SyntaxError."""
        return self._checked(
            self._api.JS_Eval(
                self._context, source, len(source), name.encode(), flags | COMPILE_ONLY
            )
        )

    def run(self, compiled: Value) -> Value:
        """Runs what `compile` gave; raises Thrown. Works only inside an `evaluate`."""
        return self._checked(self._api.JS_EvalFunction(self._context, compiled))

    def run_module(self, source: bytes, name: str) -> None:
        """Runs a module up to its first await; raises Thrown with what it threw until then."""
        api, context = self._api, self._context
        promise = self._checked(api.JS_Eval(context, source, len(source), name.encode(), MODULE))
        if api.JS_PromiseState(context, promise) == _REJECTED:
            reason = api.JS_PromiseResult(context, promise)
            self._on_rejection(0, promise, reason, True, 0)
            raise Thrown(reason)

    def _checked(self, value: Value) -> Value:
        if value.tag == _TAG_EXCEPTION:
            raise Thrown(self._api.JS_GetException(self._context))
        return value

    def free(self, value: Value) -> None:
        """Gives up a value."""
        self._api.JS_FreeValue(self._context, value)

    def give(self, value: Value) -> None:
        """Hands a value to the boot code, which is waiting for it (see boot/inbox.js)."""
        self._api.JS_SetPropertyStr(self._context, self._global, b"dukpy", value)

    def look(self, name: bytes) -> Look:
        """Says of a global whether it is a proxy or a promise (operations.Look).

        The proxy's target and what the promise settled with are given (see `give`).
        """
        api, context, value = self._api, self._context, self.take_global(name)
        found = Look(api.JS_PromiseState(context, value) + 1)
        if api.JS_IsProxy(value):
            found = Look.LOOK_PROXY
            self.give(api.JS_GetProxyTarget(context, value))
        elif found in (Look.LOOK_FULFILLED, Look.LOOK_REJECTED):
            self.give(api.JS_PromiseResult(context, value))
        api.JS_FreeValue(context, value)
        return found

    def take_global(self, name: bytes) -> Value:
        """Returns the value of a global."""
        value: Value = self._api.JS_GetPropertyStr(self._context, self._global, name)
        return value

    def call(self, function: Value, numbers: tuple[int, ...] = (), body: bytes = b"") -> None:
        """Calls a function and drops what it gives; raises Thrown.

        numbers: its first arguments
        body: its last argument, as JSON
        """
        api, context = self._api, self._context
        given = [Value(number, _TAG_INTEGER) for number in numbers]
        if body:
            given.append(self._checked(api.JS_ParseJSON(context, body, len(body), b"<dukpy>")))
        arguments = (Value * len(given))(*given)
        found = api.JS_Call(context, function, UNDEFINED, len(given), arguments)
        if body:
            api.JS_FreeValue(context, given[-1])
        api.JS_FreeValue(context, self._checked(found))

    def run_jobs(self) -> None:
        """Runs what promises have made ready, until nothing is; raises Thrown without memory."""
        execute, runtime, which = self._api.JS_ExecutePendingJob, self._runtime, ctypes.c_void_p()
        place = ctypes.byref(which)
        while (status := execute(runtime, place)) > 0:
            pass
        if status < 0:
            raise Thrown(self._api.JS_GetException(self._context))

    def drop_jobs(self) -> None:
        """Runs and drops all jobs; with a byte of stack for a limit none gets to call anything."""
        api, which = self._api, ctypes.c_void_p()
        while (status := api.JS_ExecutePendingJob(self._runtime, ctypes.byref(which))) != 0:
            if status < 0:
                self.free(api.JS_GetException(self._context))

    # -- limits

    def collect(self) -> None:
        """Frees what only cycles hold."""
        self._api.JS_RunGC(self._runtime)

    def is_full(self, memory: int) -> bool:
        """Returns whether the heap takes nearly `memory` bytes."""
        usage = (ctypes.c_int64 * 64)()  # JSMemoryUsage, which begins with what is allocated
        self._api.JS_ComputeMemoryUsage(self._runtime, usage)
        return usage[0] > memory - NEARLY

    @property
    def has_been_full(self) -> bool:
        """Whether the heap has once taken more than most of what it may, as far as it is known.

        The engine throws null where there is no memory for an error. Before it gives up making
        one, it collects, and puts the size that sets off the next collection at half as much
        again as it has then (given that the form of errors is known: see boot/lockdown.js).
        """
        found: int = self._api.JS_GetGCThreshold(self._runtime)
        return found > self._memory - NEARLY

    def limit(self, memory: int, stack: int) -> None:
        """Sets the heap's and the stack's limit in bytes."""
        self._memory = memory
        self._api.JS_SetMemoryLimit(self._runtime, memory)
        self._api.JS_SetMaxStackSize(self._runtime, stack)

    def on_poll(self, handler: Callable[[], bool]) -> None:
        """Has `handler` called about every 10,000 steps; True makes the script throw."""

        def poll(_runtime: int, _data: int) -> int:
            return int(handler())

        callback = _Interrupt(poll)
        self._kept.append(callback)
        self._api.JS_SetInterruptHandler(self._runtime, callback, None)

    # -- rejections nobody handles

    def track_rejections(self) -> None:
        """Starts to keep the promises that are rejected and have no handler."""
        callback = _Tracker(self._on_rejection)
        self._kept.append(callback)
        self._api.JS_SetHostPromiseRejectionTracker(self._runtime, callback, None)

    def _on_rejection(
        self, _context: int, promise: Value, reason: Value, handled: bool, _data: int
    ) -> None:
        api, context = self._api, self._context
        if not handled:
            kept = api.JS_DupValue(context, promise), api.JS_DupValue(context, reason)
            self._rejections[promise.payload] = kept
            return
        # A failing module rejects a promise of the engine's own with the reason that its import
        # also has: who handled a reason once has handled it.
        same = [
            key
            for key, (_, other) in self._rejections.items()
            if key == promise.payload or (other.tag, other.payload) == (reason.tag, reason.payload)
        ]
        for key in same:
            for value in self._rejections.pop(key):
                api.JS_FreeValue(context, value)

    @property
    def has_rejections(self) -> bool:
        """Whether there are unhandled rejections."""
        return bool(self._rejections)

    def take_rejection(self) -> Value:
        """Returns the reason of the oldest unhandled rejection and forgets that."""
        promise, reason = self._rejections.pop(next(iter(self._rejections)))
        self.free(promise)
        return reason

    def forget_rejections(self) -> None:
        """Forgets every unhandled rejection."""
        while self._rejections:
            self.free(self.take_rejection())


def _functions(path: str) -> Any:
    """Returns the C interface; raises ImportError when this build does not export it."""
    api = ctypes.PyDLL(path)
    pointer, number, size, name = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t, ctypes.c_char_p
    table: dict[str, tuple[Any, tuple[Any, ...]]] = {
        "JS_GetVersion": (name, ()),
        "JS_GetGlobalObject": (Value, (pointer,)),
        "JS_GetException": (Value, (pointer,)),
        "JS_Eval": (Value, (pointer, name, size, name, number)),
        "JS_EvalFunction": (Value, (pointer, Value)),
        "JS_Call": (Value, (pointer, Value, Value, number, pointer)),
        "JS_ParseJSON": (Value, (pointer, name, size, name)),
        "JS_ExecutePendingJob": (number, (pointer, pointer)),
        "JS_SetPropertyStr": (number, (pointer, Value, name, Value)),
        "JS_GetPropertyStr": (Value, (pointer, Value, name)),
        "JS_PromiseState": (number, (pointer, Value)),
        "JS_PromiseResult": (Value, (pointer, Value)),
        "JS_IsProxy": (ctypes.c_bool, (Value,)),
        "JS_GetProxyTarget": (Value, (pointer, Value)),
        "JS_DupValue": (Value, (pointer, Value)),
        "JS_FreeValue": (None, (pointer, Value)),
        "JS_RunGC": (None, (pointer,)),
        "JS_GetGCThreshold": (size, (pointer,)),
        "JS_ComputeMemoryUsage": (None, (pointer, pointer)),
        "JS_SetMemoryLimit": (None, (pointer, size)),
        "JS_SetMaxStackSize": (None, (pointer, size)),
        "JS_SetInterruptHandler": (None, (pointer, _Interrupt, pointer)),
        "JS_SetHostPromiseRejectionTracker": (None, (pointer, _Tracker, pointer)),
    }
    for symbol, (result, arguments) in table.items():
        try:
            function = getattr(api, symbol)
        except AttributeError:
            raise ImportError(f"this build of dukpy does not export {symbol}") from None
        function.restype, function.argtypes = result, arguments
    return api
