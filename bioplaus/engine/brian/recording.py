"""Buffers that compiled code fills for monitors, emptied into the monitors' own arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["RecordBuffer"]

_BYTES = 1 << 18


class RecordBuffer:
    """Rows of recorded values that have not reached their monitor yet.

    monitor : the owner; fields : the variables of the monitor that are recorded, by name;
    widths : values per row of each field; least : rows that must fit at once.
    """

    def __init__(
        self, monitor: Any, fields: Mapping[str, Any], widths: Mapping[str, int], least: int
    ) -> None:
        self.monitor = monitor
        self.fields = dict(fields)
        row_bytes = sum(np.dtype(v.dtype).itemsize * widths[n] for n, v in fields.items())
        capacity = max(least, min(8192, _BYTES // max(row_bytes, 1)), 1)
        self.rows = np.zeros(1, dtype=np.int64)
        self.capacity = np.array([capacity], dtype=np.int64)
        self.data = {
            name: np.empty(capacity * widths[name], dtype=variable.dtype)
            for name, variable in fields.items()
        }

    def flush(self) -> None:
        """Move all rows to the monitor."""
        rows = int(self.rows[0])
        if rows == 0:
            return
        count = self.monitor.variables["N"]
        old = int(count.get_value()[0]) if self.fields else 0
        for name, variable in self.fields.items():
            if variable.ndim == 1:
                variable.resize(old + rows)
                variable.get_value()[old:] = self.data[name][:rows]
            else:
                width = len(self.data[name]) // int(self.capacity[0])
                variable.resize((old + rows, width))
                values = self.data[name][: rows * width].reshape(rows, width)
                variable.get_value()[old:, :] = values
        count.set_value(count.get_value()[0] + rows)
        self.rows[0] = 0
