"""From LLVM's language to machine code for this processor, and into this process."""

from __future__ import annotations

import functools
import hashlib
import os
from enum import Enum
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from .kinds import NotInSubsetError

__all__ = ["Effort", "address", "load", "loaded", "object_code", "target"]


@functools.cache
def _processor() -> tuple[str, str]:
    """Name and features of the processor, or those that Numba is told to take."""
    name = os.environ.get("NUMBA_CPU_NAME") or llvm.get_host_cpu_name()
    features = os.environ.get("NUMBA_CPU_FEATURES")
    if features is None:
        features = "" if name == "generic" else llvm.get_host_cpu_features().flatten()
    return name, features


@functools.cache
def target() -> str:
    """All that machine code depends on beside its text."""
    version = ".".join(map(str, llvm.llvm_version_info))
    parts = (llvmlite.__version__, version, llvm.get_process_triple(), *_processor())
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


class Effort(Enum):
    """What is done for a function: the level of LLVM's passes, and that of choosing instructions.

    CALLS : one that only calls others has nothing to optimise; ONCE : one that is called but once
    in a run.
    """

    LOOPS = 3, 3
    CALLS = 0, 3
    ONCE = 1, 0


@functools.cache
def _machine(level: int = 3) -> Any:
    """level : of choosing instructions."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    name, features = _processor()
    found = llvm.Target.from_triple(llvm.get_process_triple())
    x86 = found.name.startswith("x86")
    return found.create_target_machine(
        cpu=name,
        features=features,
        opt=level,
        reloc="static" if x86 else "default",
        codemodel="jitdefault",
        jit=True,
    )


def _optimise(module: Any, level: int) -> None:
    """Loops become vectors, but are not written out several times: that takes a third of LLVM's
    time, and the loops that the engine writes gain nothing from it.

    What passes have found out of a module belongs to their builder: a new one each time.
    """
    options = llvm.create_pipeline_tuning_options(speed_level=level)
    options.loop_vectorization = level > 0
    options.loop_unrolling = options.loop_interleaving = False
    builder = llvm.create_pass_builder(_machine(), options)
    builder.getModulePassManager().run(module, builder)


def object_code(text: str, effort: Effort) -> bytes:
    """The object file of a module."""
    passes, instructions = effort.value
    return bytes(_machine(instructions).emit_object(_optimised(text, passes)))


def _optimised(text: str, level: int) -> Any:
    head = f'target triple = "{llvm.get_process_triple()}"\n'
    head += f'target datalayout = "{_machine().target_data}"\n'
    try:
        module = llvm.parse_assembly(head + text)
        module.verify()
    except RuntimeError as problem:
        raise NotInSubsetError(f"LLVM says: {problem}") from problem
    _optimise(module, level)
    return module


@functools.cache
def _engine() -> Any:
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine_of_engine())


@functools.cache
def _machine_of_engine() -> Any:
    """The engine owns its machine, and would take the one that compiles with it."""
    return _machine.__wrapped__()


_loaded: set[str] = set()


def loaded(symbol: str) -> bool:
    """Whether a function is in this process."""
    return symbol in _loaded


def load(objects: dict[str, bytes]) -> None:
    """Bring object files into this process, by the functions that they define.

    They stay until it ends: one may be running, and others may be bound to it.
    """
    engine = _engine()
    for symbol, code in objects.items():
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        _loaded.add(symbol)
    engine.finalize_object()


def address(symbol: str) -> int:
    """Where a function is."""
    return int(_engine().get_function_address(symbol))
