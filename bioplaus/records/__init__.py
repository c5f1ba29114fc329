"""The run directory: one writer, one reader, a versioned format (see docs/architecture.md)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "checkpoint": ["CheckpointError", "read_checkpoint", "write_checkpoint"],
        "reader": ["DamagedRun", "NotARun", "NotRecorded", "RunReader"],
        "recording": ["Presentations", "Recording"],
        "recording_file": ["read_recording", "recorded_groups", "write_recording"],
        "windows": ["Windows"],
        "writer": ["RunExists", "RunLocked", "RunWriter"],
    },
)
