"""Brian2 takes warnings over as it is imported: so it is, before a test waits for one."""

import brian2  # noqa: F401
