"""One look at everything that a script holds: its variables, and the Brian objects they reach.

A snapshot *notes* how things are where a loop or a run begins, or *captures* them to be written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from brian2.core.network import Network

from bioplaus.runs.kept import brian_objects
from bioplaus.runs.kept.numbering import Numbers, reachable
from bioplaus.runs.kept.stateless import Places
from bioplaus.runs.kept.trial import Trial, same
from bioplaus.runs.kept.unpacking import Unpacker
from bioplaus.runs.kept.values import NotKept, Packer
from bioplaus.runs.scripts.frames import Lost, assign
from bioplaus.runs.scripts.said import is_pair
from bioplaus.runs.scripts.scope import Scope
from bioplaus.runs.world.drawn import check_figures, open_figures

if TYPE_CHECKING:
    from bioplaus.runs.world.outside import Outside

__all__ = ["Beginning"]


class Beginning:
    """How everything was where a loop or a run began, and how it is restored to a later state.

    base : digests of arrays, shared by the loops inside each other; places : which object stood
    where; before : plain attributes of Brian objects; figures : those that were open.
    """

    def __init__(
        self,
        scope: Scope,
        numbers: Numbers,
        outside: Outside,
        base: dict[str, str] | None,
    ) -> None:
        self.scope, self.numbers, self.outside = scope, numbers, outside
        self.made = numbers.made
        self.places = Places()
        self.figures = open_figures()
        self.noted: set[str] = set()
        packer = self._packer(noting=True)
        things, _ = self._gather(packer, lambda place, error: self.noted.add(place))
        self.before = brian_objects.attributes(things)
        self.stored = {id(state) for _, state in _stored(things)}
        if base is None:
            base = brian_objects.base_of(things, scope.rows)
            base |= {place: brian_objects.digest(v) for place, v in packer.large.items()}
        self.base = base

    def _packer(self, noting: bool = False, copy: bool = False) -> Packer:
        kept = self.scope.kept
        return Packer(
            own=self.scope.own.is_module,
            made=self.made,
            pack_file=self.outside.pack_file,
            at_entry=self.places,
            noting=noting,
            base={} if noting else self.base,
            exempt=frozenset(
                id(getattr(function, "__self__", function))
                for pair in kept.values()
                if is_pair(pair)
                for function in pair
            ),
            copy=copy,
        )

    def _gather(
        self, packer: Packer, refused: Callable[[str, NotKept], None]
    ) -> tuple[dict[int, Any], dict[str, Any]]:
        """All Brian objects that are reached, and all packed variables by their place."""
        data: dict[str, Any] = {}
        roots = list(self.scope.roots())
        packer.things += self.scope.objects
        seen: set[int] = set()
        things: dict[int, Any] = {}
        while True:
            for where, name, value in roots:
                place = f"{where}:{name}"
                if place in data or (where != "keep" and self._exempt(name)):
                    continue
                if packer.noting:
                    self.noted.add(place)
                try:
                    data[place] = packer.pack_root(value, place)
                except NotKept as error:
                    refused(place, error)
            things = {n: t for n, t in reachable(packer.things).items() if n < self.made}
            new = [number for number in things if number not in seen]
            if not new:
                return things, data
            seen.update(new)
            roots = [root for n in new for root in self.scope.of_thing(n, things[n])]

    def _exempt(self, name: str) -> bool:
        return is_pair(self.scope.kept.get(name))

    def capture(self, copy: bool) -> dict[str, Any]:
        """Everything, as far as it is not as it was.

        Raises
        ------
        NotKept
            For what cannot be kept, by its name; figures that have been drawn into since.
        """
        check_figures(self.figures)
        packer = self._packer(copy=copy)
        lost: dict[str, str] = {}

        def refused(place: str, error: NotKept) -> None:
            if place in self.noted:
                raise error
            lost[place] = error.what

        things, data = self._gather(packer, refused)
        for thing in things.values():
            for name, variable in brian_objects.arrays_of(thing):
                values = brian_objects.values_of(variable)
                if values is not None:
                    packer.occupies(values, f"{brian_objects.label(thing)}.{name}", True)
        packer.look_for_shared_memory()
        stored = [
            (number, name, brian_objects.packed_store(state, copy))
            for (number, name), state in _stored(things)
            if id(state) not in self.stored
        ]
        names = [(number, list(t._stored_state)) for number, t in _networks(things)]
        return {
            "made": self.made,
            "base": self.base,
            "objects": brian_objects.capture(things, self.base, self.before, copy, self.scope.rows),
            "stored": stored,
            "stored_names": names,
            "values": json.dumps(data),
            "arrays": packer.arrays,
            "lost": lost,
        }

    def differs(self, state: Mapping[str, Any]) -> str | None:
        """The name of an array that is another one than where the state's loop or run began."""
        for place, digest in state["base"].items():
            if self.base.get(place, digest) != digest:
                number, _, name = place.partition(".")
                if number.lstrip("-").isdigit():
                    return f"{brian_objects.label(self.numbers.thing(int(number)))}.{name}"
                return place.partition(":")[2]
        return None

    def restore(self, state: Mapping[str, Any]) -> None:
        """Make everything as it was when the state was written."""
        things, _ = self._gather(self._packer(noting=True), lambda place, error: None)
        things |= {
            int(n): self.numbers.thing(int(n)) for n in state["objects"] if int(n) not in things
        }
        brian_objects.restore(things, state["objects"])
        networks = dict(_networks(things))
        for number, names in state["stored_names"]:
            held = networks[number]._stored_state
            for name in set(held) - set(names):
                del held[name]
        for number, name, stored in state["stored"]:
            networks[number]._stored_state[name] = brian_objects.unpacked_store(stored)
        unpacker = Unpacker(state["arrays"], self.numbers, self.outside.unpack_file)
        self._assign(json.loads(state["values"]), state["lost"], unpacker, things)

    def _now(self, things: Mapping[int, Any]) -> dict[str, Any]:
        """All values that live, by their place."""
        now = {f"{where}:{name}": value for where, name, value in self.scope.roots()}
        for number, thing in things.items():
            now |= {f"{where}:{name}": v for where, name, v in self.scope.of_thing(number, thing)}
        return now

    def not_as_read(self, state: Mapping[str, Any]) -> str | None:
        """The name of a value that is another one when it is read from a state, beside what
        lives and is untouched; None if all are the same."""
        now = self._now({int(n): self.numbers.thing(int(n)) for n in state["objects"]})
        trial = Trial(state["arrays"], self.numbers, self.outside.unpack_file)
        pairs: dict[int, tuple[Any, Any]] = {}
        for place, tree in json.loads(state["values"]).items():
            try:
                trial.held.clear()
                trial.held.append((now[place], trial.unpack(tree, now[place])))
                alike = all(same(*pair, pairs) for pair in trial.held)
            except Exception:  # whatever it is, it would come at a resume
                alike = False
            if not alike:
                return place.partition(":")[2]
        return None

    def _assign(
        self,
        data: Mapping[str, Any],
        lost: Mapping[str, str],
        unpacker: Unpacker,
        things: Mapping[int, Any],
    ) -> None:
        now = self._now(things)
        by_frame: dict[int, dict[str, Any]] = {n: {} for n in range(len(self.scope.frames))}
        for place, tree in data.items():
            value = unpacker.unpack(tree, now.get(place))
            where, _, name = place.partition(":")
            kind, _, which = where.partition(" ")
            if kind == "frame":
                by_frame[int(which)][name] = value
            elif kind == "module":
                vars(self.scope.own.modules()[which])[name] = value
            elif kind == "global":
                module, _, variable = name.rpartition(".")
                self.scope.own.module(module)[variable] = value
            elif kind == "keep" and is_pair(self.scope.kept.get(name)):
                self.scope.kept[name][1](value)
        for place, what in lost.items():
            where, _, name = place.partition(":")
            kind, _, which = where.partition(" ")
            if kind == "frame":
                by_frame[int(which)][name] = Lost(name, what)
        for number, frame in enumerate(self.scope.frames):
            gone = set(self.scope.own.variables_of(frame)) - set(by_frame[number])
            assign(frame, by_frame[number], {name for name in gone if not self._exempt(name)})


def _networks(things: Mapping[int, Any]) -> list[tuple[int, Any]]:
    return [(n, thing) for n, thing in things.items() if isinstance(thing, Network)]


def _stored(things: Mapping[int, Any]) -> list[tuple[tuple[int, str], Any]]:
    """States that the script has stored in memory: (network, name) and state."""
    return [
        ((number, name), state)
        for number, network in _networks(things)
        for name, state in network._stored_state.items()
    ]
