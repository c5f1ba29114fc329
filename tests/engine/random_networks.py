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
seed(5)
"""


def script(seed: int) -> tuple[str, bool]:
    """The script of a network, and whether its numbers depend on chance or the order of synapses.

    What it makes is collected in the list ``objects``; ``between()`` is what Python does between
    two runs.
    """
    writer = _Writer(random.Random(seed))
    return "\n".join(writer.lines), writer.ordered or writer.random


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
    if "z" in read:  # a subexpression
        read |= set("xyghc")
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
        self.computed: set[str] = set()
        self.summed: set[str] = set()
        self.events: dict[str, list[str]] = {}
        self.between: list[str] = []
        self.ordered = False
        self.random = False
        names = ["a", "b"][: draw.choice([1, 1, 1, 2])]
        for name in names:
            self.group(name)
        self.link(names)
        # Of two projections that learn, several dense sums each are where sweeps may be joined.
        summing = draw.random() < 0.15
        number = 2 if summing else draw.choice([1] * 17 + [2, 2, 3])
        projections = [f"s{n}" for n in range(number)]
        everything = names + projections
        if draw.random() < 0.1:
            self.generator()
            everything.append("f")
        for name in projections:
            self.projection(name, names, summing)
        if draw.random() < 0.1:
            self.operation(names[0], projections[-1])
            everything.append("o")
        for name in names:
            if draw.random() < 0.25:
                times = draw.random() < 0.2
                code = (
                    "until = clip(until, t, t + 1*ms)"
                    if times
                    else self.statement(self.variables[name], self.variables[name])
                )
                self.regularly(name, code)
            if draw.random() < 0.1:
                self.between.append(
                    f"{name}.{draw.choice('xygh')} = numbers({self.sizes[name]}, 9)"
                )
            if draw.random() < 0.15:
                recorded = draw.sample(["x", "y", "k"], draw.randint(1, 3))
                self.lines.append(
                    f"m{name} = StateMonitor({name}, {recorded}, record=[0, 2], name='m{name}')"
                )
                everything.append(f"m{name}")
            if draw.random() < 0.15:
                kind = draw.choice([f"SpikeMonitor({name}, 'y'", f"PopulationRateMonitor({name}"])
                self.lines.append(f"r{name} = {kind}, name='r{name}')")
                everything.append(f"r{name}")
        if draw.random() < 0.1:
            name = draw.choice(projections)
            self.lines.append(
                f"m{name} = StateMonitor({name}, 'w{name[1:]}', record=[0], name='m{name}')"
            )
            everything.append(f"m{name}")
        self.lines.append(f"objects = [{', '.join(everything)}]")
        self.lines.append("def between():")
        self.lines += [f"    {line}" for line in self.between or ["pass"]]

    def group(self, name: str) -> None:
        """A group whose neurons fire at times that depend on nothing, or on what others write."""
        draw = self.draw
        size = self.sizes[name] = draw.choice([3, 5, 5, 9, 18, 37, 70])
        change = draw.choice(["-x", "g - x", "y - x", "cos(x) + h", "s*y - x", "d - x + r"])
        options = draw.choice(["", "", ", refractory=0.3*ms"])
        held = " (unless refractory)" if options and draw.random() < 0.5 else ""
        model = [f"dx/dt = ({change})/(5*ms) : 1{held}", "y : 1", "g : 1", "h : 1", "k : integer"]
        model += ["s : 1 (shared)", "until : second", "c : 1 (constant)", "d : 1", "r : 1"]
        self.variables[name] = ["x", "y", "g", "h", "k", "s", "c", "d", "r"]
        if draw.random() < 0.2:
            over = draw.choice(["", " (constant over dt)"])
            model.append(f"z = 0.3*{draw.choice('xyg')} + 0.1*{draw.choice('hcy')} : 1{over}")
            self.computed.add(name)
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
        self.events[name] = ["spike"]
        if draw.random() < 0.15:
            condition = draw.choice(["x > 0.3", "sin(2*i + t/(0.1*ms)) > 0.4", "t >= until"])
            options += f", events={{'other': '{condition}'}}"
            self.events[name].append("other")
        clock = draw.choice(["", "", "", ", dt=0.2*ms"])
        self.lines.append(
            f"{name} = NeuronGroup({size}, '''{chr(10).join(model)}''', threshold='{threshold}',\n"
            f"    reset='{'; '.join(reset)}', method='euler', name='{name}'{options}{clock})"
        )
        if "other" in self.events[name] and draw.random() < 0.6:
            code = draw.choice(["y = 0.9*y + 0.1", "g *= 0.5", "until = t + 0.4*ms"])
            self.lines.append(f"{name}.run_on_event('other', '{code}')")
        for k, variable in enumerate("xyghcdr"):
            self.lines.append(f"{name}.{variable} = numbers({size}, {k})")
        self.lines.append(f"{name}.k = np.arange({size}) % 4")
        self.lines.append(f"{name}.s = 0.7")
        self.lines.append(f"{name}.until = np.arange({size}) % 5 * 0.1*ms")

    def generator(self) -> None:
        """Spikes that are given; the cells have no variables."""
        self.sizes["f"], self.variables["f"], self.events["f"] = 6, [], ["spike"]
        self.lines.append(
            "f = SpikeGeneratorGroup(6, np.arange(24) % 6, np.arange(24) // 2 * 0.1*ms, name='f')"
        )

    def operation(self, group: str, projection: str) -> None:
        """Python has its turn, reads what the loop has written and writes what it reads."""
        variable = self.draw.choice("xyghd")
        weight = f"{projection}.w{projection[1:]}"
        self.lines += [
            f"@network_operation(dt={self.draw.choice([0.1, 0.3, 0.4])}*ms)",
            "def o():",
            f"    {group}.{variable} = 0.9*{group}.{variable}[:] + 0.01",
            f"    {weight} = 0.9*{weight}[:] + 0.01*np.mean({group}.x[:])",
        ]
        self.between.append(f"{weight} = 0.5*{weight}[:]")

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

    def part(self, name: str, whole: bool = False) -> tuple[str, int]:
        """The group or a part of it, and its size."""
        size = self.sizes[name]
        if whole or name in self.reordered or self.draw.random() < 0.5:
            return name, size  # Brian2 has no parts of groups with reordered variables
        first = self.draw.randrange(0, size - 2)
        last = self.draw.randrange(first + 2, size + 1)
        return f"{name}[{first}:{last}]", last - first

    def projection(self, name: str, names: list[str], summing: bool) -> None:
        """Synapses between groups, parts of them, or onto the synapses before.

        summing : whether sums of whole groups are most of what they are for.
        """
        draw = self.draw
        given = "f" in self.sizes and draw.random() < 0.5
        source, rows = self.part("f" if given else draw.choice(names), given or summing)
        earlier = [n for n in self.sizes if n.startswith("s")]
        if earlier and not summing and draw.random() < 0.3:
            target = draw.choice(earlier)
            columns, post = self.sizes[target], self.variables[target]
        else:
            same = source[0] != "f" and draw.random() < 0.5
            cells = names[0] if summing else source[:1] if same else draw.choice(names)
            target, columns = self.part(cells, summing)
            post = self.variables[target[:1]]
        pre = self.variables[source[:1]]
        w, v, q, trace = (f"{variable}{name[1:]}" for variable in ("w", "v", "q", "trace"))
        own = [w, v, q]
        read = [*own, *(f"{v}_pre" for v in pre), *(f"{v}_post" for v in post)]
        fitting = [f"{v}_post" for v in post] + [f"{v}_pre" for v in pre if v != "s"]
        write = [w, v, *(name for name in fitting if name != "s_post")]
        model = [f"{v} : 1", f"{q} : 1 (shared)"]
        copies = draw.random() < 0.07 and rows * columns < 400
        if draw.random() < (0.9 if summing else 0.4):
            change = self.term([f"{v}_post" for v in "ghdr"] if summing else read)
            model.append(f"d{w}/dt = ({change} - {w})/(9*ms) : 1 (clock-driven)")
        else:
            model.append(f"{w} : 1")
        if draw.random() < 0.3:
            model.append(f"d{trace}/dt = -{trace}/(2*ms) : 1 (event-driven)")
            own.append(trace)
            write.append(trace)
        sums: dict[str, str] = {}
        sides = [("post", target, v) for v in "ghdr"] + [("pre", source, v) for v in "gd"]
        # The first of two leaves sums to the second, by which its weights may change.
        often = 0.15 if not summing else 0.3 if name == "s0" else 0.9
        for side, group, variable in sides:
            key = f"{group[:1]}.{variable}"
            taken = key in self.summed or group[0] in "sf" or "[" in group
            if not taken and draw.random() < often:
                name_of_sum = f"{variable}_{side}"
                plain = summing and draw.random() < 0.7
                fixed = [w, *(f"{v}_pre" for v in "xyhc" if v in pre)]
                others = [name for name in read if name != name_of_sum]
                term = self.term(fixed if plain else others)
                if any(other in term and name_of_sum in sums[other] for other in sums):
                    continue  # Brian2 refuses sums that need each other
                self.summed.add(key)
                sums[name_of_sum] = term
                self.ordered |= depends_on_order([f"{name_of_sum} += {term}"])
                model.append(f"{name_of_sum} = {term} : 1 (summed)")
        read += own[3:]
        read += [f"z_{n}" for n, g in (("pre", source), ("post", target)) if g in self.computed]
        code, delays = self.pathways(name, read, write, source[0], target[0])
        clock = draw.choice(["", "", "", ", dt=0.2*ms"])
        clock *= not summing
        if draw.random() < 0.1 and not summing:
            clock += f", order={draw.choice([-1, 1])}"
        if copies:
            clock += ", multisynaptic_index='copy'"
        self.lines.append(
            f"{name} = Synapses({source}, {target}, '''{chr(10).join(model)}''', {code},\n"
            f"    method='euler', name='{name}'{clock})"
        )
        number = self.connect(name, rows, columns, copies, summing)
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
        self, name: str, read: list[str], write: list[str], source: str, target: str
    ) -> tuple[str, list[str]]:
        """The options of ``Synapses`` and lines that set delays."""
        draw, delays = self.draw, []
        answers, others = target != "s", []
        kinds = ["pre"] * (draw.random() < 0.85) + ["post"] * (answers and draw.random() < 0.3)
        kinds += ["pre"] * (draw.random() < 0.15)
        codes: dict[str, list[str]] = {"pre": [], "post": []}
        for number, kind in enumerate(kinds):
            lines = [self.statement(write, read) for _ in range(draw.choice([1, 1, 2]))]
            self.ordered |= depends_on_order(lines)
            codes[kind].append(f"'p{number}': '{'; '.join(lines)}'")
            if "other" in self.events[source if kind == "pre" else target] and draw.random() < 0.5:
                others.append(f"'p{number}': 'other'")
            form = draw.choice(["none", "none", "equal", "mixed"])
            if form == "equal":
                delays.append(f"{name}.p{number}.delay = 0.2*ms")
            if form == "mixed":
                delays.append(f"{name}.p{number}.delay = np.arange(len({name})) % 4 * 0.1*ms")
        options = [f"on_{kind}={{{', '.join(c)}}}" for kind, c in codes.items() if c]
        options += [f"on_event={{{', '.join(others)}}}"] * bool(others)
        return ", ".join(options) or f"on_pre='v{name[1:]} += 1'", delays

    def connect(self, name: str, rows: int, columns: int, copies: bool, dense: bool) -> int:
        """Connect all pairs, all but a diagonal, or some of them, also more than once.

        copies : whether all pairs twice.
        """
        if copies:
            self.lines.append(f"{name}.connect(n=2)")
            return 2 * rows * columns
        kind = self.draw.choice(["all", "all", "others", "some", "few"])
        kind = "all" if dense and kind != "others" else kind
        if kind == "few":
            self.lines.append(f"{name}.connect('(i + 2*j) % 3 == 0')")
            return sum((i + 2 * j) % 3 == 0 for i in range(rows) for j in range(columns))
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
        if self.draw.random() < 0.02:
            self.random = True
            form = self.draw.choice(["0.1*rand()*{0}", "0.02*randn() + 0.1*{0}"])
        return form.format(one, two)

    def statement(self, write: list[str], read: list[str]) -> str:
        """A statement that changes one variable, and keeps it small."""
        name: Any = self.draw.choice([w for w in write if w != "s"])
        if name.partition("_")[0] == "k":
            return f"{name} = ({name} + {self.draw.choice([1, 2])}) % 7"
        form = self.draw.choice(["{0} += {1}", "{0} += {1}", "{0} = 0.9*{0} + {1}", "{0} = {1}"])
        return form.format(name, self.term(read))
