"""Functions that loops call for whole vectors of numbers.

LLVM vectorises no loop with a branch whose both ways would cost much if every number took them.  A
function that is `seldom` more than its second argument stays a call, of which LLVM knows a form
for each width of vectors: one that asks once whether any number is above the bound.
"""

from __future__ import annotations

import struct

__all__ = ["ATTRIBUTES", "forms"]

ATTRIBUTES = "noinline nounwind willreturn memory(none)"
"""Of such a function, which depends on its arguments alone."""

_WIDTHS = (2, 4, 8)


def forms(function: str, above: float, begin: str) -> tuple[str, str]:
    """The attribute that tells LLVM the forms of a function for vectors, and their text.

    function : its name; above : the bound; begin : of the names of the forms, which others than
    the module may see: of its own LLVM keeps only those that are called when it begins.
    """
    names = {width: f"{begin}.{function}.of.{width}" for width in _WIDTHS}
    told = ",".join(f"_ZGV_LLVM_N{n}vv_{function}({name})" for n, name in names.items())
    text = "\n".join(_form(function, name, width, above) for width, name in names.items())
    return f'"vector-function-abi-variant"="{told}"', text


def _form(function: str, name: str, width: int, above: float) -> str:
    kind = f"<{width} x double>"
    bound = f"0x{struct.pack('>d', above).hex()}"
    bounds = ", ".join([f"double {bound}"] * width)
    found, lines = "%value", []
    for lane in range(width):
        lines += [
            f"  %x.{lane} = extractelement {kind} %x, i32 {lane}",
            f"  %value.{lane} = extractelement {kind} %value, i32 {lane}",
            f"  %y.{lane} = call double @{function}(double %x.{lane}, double %value.{lane})",
            f"  %found.{lane} = insertelement {kind} {found}, double %y.{lane}, i32 {lane}",
        ]
        found = f"%found.{lane}"
    return "\n".join(
        [
            f"define {kind} @{name}({kind} %x, {kind} %value) {ATTRIBUTES} {{",
            "entry:",
            f"  %above = fcmp ogt {kind} %x, <{bounds}>",
            f"  %bits = bitcast <{width} x i1> %above to i{width}",
            f"  %any = icmp ne i{width} %bits, 0",
            "  br i1 %any, label %each, label %none",
            "none:",
            f"  ret {kind} %value",
            "each:",
            *lines,
            f"  ret {kind} {found}",
            "}",
        ]
    )
