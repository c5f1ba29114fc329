"""Random small networks in which many names stand for the same memory, as scripts.

A network is a script of its own, so that one that shows a fault can be read, cut and run by hand.
"""

from __future__ import annotations

import random
import re
from typing import Any

HEAD = """\
import numpy as np
from brian2 import *

def numbers(n, k):
    return np.sin(1.0 + k + 1.7*np.arange(n))

defaultclock.dt = 0.1*ms
"""


def script(seed: int) -> tuple[str, bool]:
    """The script of a network, and whether its numbers depend on the order of synapses.

    What it makes is collected in the list ``objects``.
    """
    writer = _Writer(random.Random(seed))
    return "\n".join(writer.lines), writer.ordered


def depends_on_order(statements: list[str]) -> bool:
    """Whether synapses that are visited earlier may change what later ones see or leave behind."""
    written, read = set(), set()
    for statement in statements:
        name, sign, value = statement.split(" ", 2)
        read |= set(re.findall(r"(\w+)_(?:pre|post)\b", value))
        if name.endswith(("_pre", "_post")):
            written.add(name.rpartition("_")[0])
            if sign == "=":
                return True
    return bool(written & read) or ("u" in written | read and bool(written))


class _Writer:
    """Writes one script."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        self.lines = [HEAD]
        self.sizes: dict[str, int] = {}
        self.variables: dict[str, list[str]] = {}
        self.linking: list[str] = []
        self.reordered: set[str] = set()
        self.summed: set[str] = set()
        self.ordered = False
        names = ["a", "b"][: draw.choice([1, 1, 1, 2])]
        for name in names:
            self.group(name)
        self.link(names)
        projections = [f"s{n}" for n in range(draw.choice([1, 1, 1, 2]))]
        for name in projections:
            self.projection(name, names)
        everything = names + projections
        for name in names:
            if draw.random() < 0.25:
                self.regularly(name, self.statement(self.variables[name], self.variables[name]))
            if draw.random() < 0.15:
                recorded = draw.sample(["x", "y", "k"], draw.randint(1, 3))
                self.lines.append(
                    f"m{name} = StateMonitor({name}, {recorded}, record=[0, 2], name='m{name}')"
                )
                everything.append(f"m{name}")
            if draw.random() < 0.15:
                self.lines.append(f"r{name} = SpikeMonitor({name}, 'y', name='r{name}')")
                everything.append(f"r{name}")
        self.lines.append(f"objects = [{', '.join(everything)}]")

    def group(self, name: str) -> None:
        """A group whose neurons fire at times that depend on nothing, or on what others write."""
        draw = self.draw
        size = self.sizes[name] = draw.choice([3, 5, 5, 9, 18, 37])
        change = draw.choice(["-x", "g - x", "y - x", "cos(x) + h", "s*y - x"])
        model = [f"dx/dt = ({change})/(5*ms) : 1", "y : 1", "g : 1", "h : 1", "k : integer"]
        model += ["s : 1 (shared)", "until : second", "c : 1 (constant)"]
        self.variables[name] = ["x", "y", "g", "h", "k", "s", "c"]
        if draw.random() < 0.4:
            model.append("u : 1 (linked)")
            self.linking.append(name)
        phase = draw.choice(["i", "i", "2*i", "i + c", "i + k"])
        fires = f"sin({phase} + t/(0.07*ms)) > {draw.choice([-0.2, 0.3, 0.6])}"
        threshold = draw.choice(
            [fires, fires, "t >= until", "t >= until and x > -5", "g + x > 0.2"]
        )
        reset = [draw.choice(["x = 0.1", "x *= 0.5", "y = 0.5*y + 0.1", "k += 1"])]
        if "until" in threshold:
            reset.append("until = t + (0.3 + 0.1*(i % 3))*ms")
        options = draw.choice(["", "", ", refractory=0.3*ms"])
        clock = draw.choice(["", "", "", ", dt=0.2*ms"])
        self.lines.append(
            f"{name} = NeuronGroup({size}, '''{chr(10).join(model)}''', threshold='{threshold}',\n"
            f"    reset='{'; '.join(reset)}', method='euler', name='{name}'{options}{clock})"
        )
        for k, variable in enumerate("xyghc"):
            self.lines.append(f"{name}.{variable} = numbers({size}, {k})")
        self.lines.append(f"{name}.k = np.arange({size}) % 4")
        self.lines.append(f"{name}.s = 0.7")
        self.lines.append(f"{name}.until = np.arange({size}) % 5 * 0.1*ms")

    def link(self, names: list[str]) -> None:
        """Linked variables: of the other group or its own, one to one or in another order."""
        for name in self.linking:
            other, variable = self.draw.choice(names), self.draw.choice(["x", "y", "g", "h", "c"])
            same = self.sizes[other] == self.sizes[name] and self.draw.random() < 0.5
            index = f"(3*np.arange({self.sizes[name]}) + 1) % {self.sizes[other]}"
            order = "" if same else f", index={index}"
            if not same:
                self.reordered.add(name)
            self.lines.append(f"{name}.u = linked_var({other}, '{variable}'{order})")
            # Brian2 has no links in another order for synapses.
            self.variables[name] += ["u"] * same

    def part(self, name: str) -> tuple[str, int]:
        """The group or a part of it, and its size."""
        size = self.sizes[name]
        if name in self.reordered or self.draw.random() < 0.5:
            return name, size  # Brian2 has no parts of groups with reordered variables
        first = self.draw.randrange(0, size - 2)
        last = self.draw.randrange(first + 2, size + 1)
        return f"{name}[{first}:{last}]", last - first

    def projection(self, name: str, names: list[str]) -> None:
        """Synapses between groups, parts of them, or onto the synapses before."""
        draw = self.draw
        source, rows = self.part(draw.choice(names))
        earlier = [n for n in self.sizes if n.startswith("s")]
        if earlier and draw.random() < 0.3:
            target = draw.choice(earlier)
            columns, post = self.sizes[target], self.variables[target]
        else:
            target, columns = self.part(source[:1] if draw.random() < 0.5 else draw.choice(names))
            post = self.variables[target[:1]]
        pre = self.variables[source[:1]]
        w, v, q, trace = (f"{variable}{name[1:]}" for variable in ("w", "v", "q", "trace"))
        own = [w, v, q]
        read = [*own, *(f"{v}_pre" for v in pre), *(f"{v}_post" for v in post)]
        fitting = [f"{v}_post" for v in post] + [f"{v}_pre" for v in pre if v != "s"]
        write = [w, v, *(name for name in fitting if name != "s_post")]
        model = [f"{v} : 1", f"{q} : 1 (shared)"]
        if draw.random() < 0.4:
            model.append(f"d{w}/dt = ({self.term(read)} - {w})/(9*ms) : 1 (clock-driven)")
        else:
            model.append(f"{w} : 1")
        if draw.random() < 0.3:
            model.append(f"d{trace}/dt = -{trace}/(2*ms) : 1 (event-driven)")
            own.append(trace)
            write.append(trace)
        sums: dict[str, str] = {}
        for side, group, variable in (
            ("post", target, "g"),
            ("post", target, "h"),
            ("pre", source, "g"),
        ):
            key = f"{group[:1]}.{variable}"
            taken = key in self.summed or group[0] == "s" or "[" in group
            if not taken and draw.random() < 0.3:
                name_of_sum = f"{variable}_{side}"
                term = self.term([name for name in read if name != name_of_sum])
                if any(other in term and name_of_sum in sums[other] for other in sums):
                    continue  # Brian2 refuses sums that need each other
                self.summed.add(key)
                sums[name_of_sum] = term
                self.ordered |= depends_on_order([f"{name_of_sum} += {term}"])
                model.append(f"{name_of_sum} = {term} : 1 (summed)")
        code, delays = self.pathways(name, [*read, *own[3:]], write, target[0] != "s")
        clock = draw.choice(["", "", "", ", dt=0.2*ms"])
        self.lines.append(
            f"{name} = Synapses({source}, {target}, '''{chr(10).join(model)}''', {code},\n"
            f"    method='euler', name='{name}'{clock})"
        )
        number = self.connect(name, rows, columns)
        self.sizes[name] = number
        self.variables[name] = [w, v]
        self.lines.append(f"{name}.{w} = 0.3*numbers(len({name}), 7)")
        self.lines.append(f"{name}.{q} = 0.9")
        self.lines += delays
        if draw.random() < 0.3:
            code = draw.choice(
                [f"{q} *= 0.5", f"{q} = 0.5*{q} + 0.1; {w} = clip({w} + 0.1*{q}, -2, 2)"]
            )
            other = self.statement(write, read)
            chosen = draw.choice([code, other])
            self.ordered |= chosen == other and depends_on_order([other])
            self.regularly(name, chosen)

    def pathways(
        self, name: str, read: list[str], write: list[str], answers: bool
    ) -> tuple[str, list[str]]:
        """The options of ``Synapses`` and lines that set delays; answers : whether targets fire."""
        draw, delays = self.draw, []
        kinds = ["pre"] * (draw.random() < 0.85) + ["post"] * (answers and draw.random() < 0.3)
        kinds += ["pre"] * (draw.random() < 0.15)
        codes: dict[str, list[str]] = {"pre": [], "post": []}
        for number, kind in enumerate(kinds):
            lines = [self.statement(write, read) for _ in range(draw.choice([1, 1, 2]))]
            self.ordered |= depends_on_order(lines)
            codes[kind].append(f"'p{number}': '{'; '.join(lines)}'")
            form = draw.choice(["none", "none", "equal", "mixed"])
            if form == "equal":
                delays.append(f"{name}.p{number}.delay = 0.2*ms")
            if form == "mixed":
                delays.append(f"{name}.p{number}.delay = np.arange(len({name})) % 4 * 0.1*ms")
        options = [f"on_{kind}={{{', '.join(c)}}}" for kind, c in codes.items() if c]
        return ", ".join(options) or f"on_pre='v{name[1:]} += 1'", delays

    def connect(self, name: str, rows: int, columns: int) -> int:
        """Connect all pairs, all but a diagonal, or some of them, also more than once."""
        kind = self.draw.choice(["all", "all", "others", "some"])
        if kind == "all" or (kind == "others" and rows * columns - min(rows, columns) == 0):
            self.lines.append(f"{name}.connect()")
            return rows * columns
        if kind == "others":
            self.lines.append(f"{name}.connect('i != j')")
            return rows * columns - min(rows, columns)
        number = self.draw.randint(1, 2 * rows)
        i = [self.draw.randrange(rows) for _ in range(number)]
        j = [self.draw.randrange(columns) for _ in range(number)]
        self.lines.append(f"{name}.connect(i={i}, j={j})")
        return number

    def regularly(self, name: str, code: str) -> None:
        clock = self.draw.choice(["", ", dt=0.2*ms", ", dt=0.3*ms"])
        when = self.draw.choice(["", ", when='end'", ", when='after_resets'"])
        self.lines.append(f"{name}.run_regularly('{code}'{clock}{when})")

    def term(self, read: list[str]) -> str:
        """An expression of two variables that stays small."""
        one, two = self.draw.choice(read), self.draw.choice(read)
        # A variable that cancels is lost to Brian2, which then refuses it in a synapse's operation.
        form = self.draw.choice(
            ["0.1*{0}", "0.1*sin({0} + {1})", "0.05*clip({0}*{1}, -3, 3)", "0.1*{0} - 0.05*{1}"]
        )
        return form.format(one, two)

    def statement(self, write: list[str], read: list[str]) -> str:
        """A statement that changes one variable, and keeps it small."""
        name: Any = self.draw.choice([w for w in write if w != "s"])
        if name.partition("_")[0] == "k":
            return f"{name} = ({name} + {self.draw.choice([1, 2])}) % 7"
        form = self.draw.choice(["{0} += {1}", "{0} += {1}", "{0} = 0.9*{0} + {1}", "{0} = {1}"])
        return form.format(name, self.term(read))
