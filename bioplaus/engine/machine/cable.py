"""The cable equation of a branching neuron: one implicit step over all compartments.

Within a section the discretised equation is tridiagonal, so its solution is a particular one plus
two homogeneous ones, weighted by the potentials at the section's ends; these potentials solve a
system whose matrix has the shape of the tree and is eliminated from the leaves to the root (Hines
1984; the form with three systems per section is that of Mascagni 1991).
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["_nb_solve_cable", "prepare_cable"]


def prepare_cable(
    r_axial: float,
    dt: float,
    sections: tuple[Any, Any],
    compartments: dict[str, Any],
    matrix: tuple[Any, Any, Any],
    ends: tuple[Any, Any, Any, Any],
) -> None:
    """Fill in what depends on geometry and time step only.

    r_axial [ohm m], dt [s]; sections : first compartment and end of each section.
    compartments : ``capacitance`` [F/m^2], ``area`` [m^2], ``before`` and ``after`` (cross-section
    over length to the neighbours, [m]), and ``inverse``, which receives the conductances between
    neighbours [S]; matrix : upper, main and lower diagonal, filled in; ends : conductances from
    the first and last compartment to the nodes, right-hand sides of the homogeneous systems.
    """
    starts, stops = sections
    area, inverse = compartments["area"], compartments["inverse"]
    before, after = compartments["before"], compartments["after"]
    upper, main, lower = matrix
    to_first, to_last, plus, minus = ends
    inverse[1:] = 1.0 / (r_axial * (1 / after[:-1] + 1 / before[1:]))
    inverse[starts] = 0  # sections meet at nodes, not directly
    upper[1:] = inverse[1:] / area[:-1]
    lower[:-1] = inverse[1:] / area[1:]
    main[:] = -(compartments["capacitance"] / dt) - inverse / area
    main[:-1] -= inverse[1:] / area[:-1]
    last = stops - 1
    to_first[:] = before[starts] / r_axial
    to_last[:] = after[last] / r_axial
    np.subtract.at(main, starts, to_first / area[starts])
    np.subtract.at(main, last, to_last / area[last])
    plus[last] = -(to_last / area[last])
    minus[starts] = -(to_first / area[starts])


def _eliminate(matrix: Any, g_total: Any, right: Any, pivot: Any, first: int, stop: int) -> None:
    """Solve the three tridiagonal systems of one section in place of their right-hand sides."""
    # Divisions, not multiplications by a reciprocal: the potentials at the ends of a short section
    # are differences of nearly equal numbers, which show every last bit.
    upper, main, lower = matrix
    particular, plus, minus = right
    pivot[first] = main[first] - g_total[first]
    for j in range(first + 1, stop):
        share = lower[j - 1] / pivot[j - 1]
        pivot[j] = main[j] - g_total[j] - share * upper[j]
        particular[j] -= share * particular[j - 1]
        plus[j] -= share * plus[j - 1]
        minus[j] -= share * minus[j - 1]
    last = stop - 1
    particular[last] /= pivot[last]
    plus[last] /= pivot[last]
    minus[last] /= pivot[last]
    for j in range(stop - 2, first - 1, -1):
        particular[j] = (particular[j] - upper[j + 1] * particular[j + 1]) / pivot[j]
        plus[j] = (plus[j] - upper[j + 1] * plus[j + 1]) / pivot[j]
        minus[j] = (minus[j] - upper[j + 1] * minus[j + 1]) / pivot[j]


def _couple(tree: Any, system: Any, conductance: Any, right: Any, starts: Any, stops: Any) -> None:
    """Write the equations of the nodes: currents into each node sum to zero."""
    parents, places, _, _ = tree
    diagonal, to_parent, to_children, potential = system
    to_first, to_last = conductance
    particular, plus, minus = right
    row = len(to_children) // len(diagonal)
    for i in range(len(starts)):
        first, last, parent = starts[i], stops[i] - 1, parents[i]
        if i == 0:  # the root section ends in a sealed node
            diagonal[0] = minus[first] - 1
            to_children[0] = plus[first]
            potential[0] = -particular[first]
        else:
            diagonal[parent] += (1 - minus[first]) * to_first[i]
            to_children[parent * row + places[i]] = -plus[first] * to_first[i]
            potential[parent] += particular[first] * to_first[i]
        diagonal[i + 1] = (1 - plus[last]) * to_last[i]
        to_parent[i] = -minus[last] * to_last[i]
        potential[i + 1] = particular[last] * to_last[i]


def _solve_tree(tree: Any, system: Any) -> None:
    """Eliminate from the leaves to the root, then substitute back; potentials in place."""
    parents, _, children, counts = tree
    diagonal, to_parent, to_children, potential = system
    row = len(to_children) // len(diagonal)
    for i in range(len(diagonal) - 1, -1, -1):
        for k in range(counts[i]):
            child = children[i * row + k]
            share = to_children[i * row + k] / diagonal[child]
            diagonal[i] -= share * to_parent[child - 1]
            potential[i] -= share * potential[child]
    potential[0] /= diagonal[0]
    for i in range(1, len(diagonal)):
        potential[i] = (potential[i] - to_parent[i - 1] * potential[parents[i - 1]]) / diagonal[i]


def _nb_solve_cable(
    v: Any,
    dt: float,
    membrane: Any,
    sections: Any,
    matrix: Any,
    right: Any,
    sources: Any,
    pivot: Any,
    tree: Any,
    system: Any,
    conductance: Any,
) -> None:
    """Advance the potentials ``v`` [V] by one step.

    membrane : capacitance, total conductance and constant current per area of each compartment;
    the other arguments as in `prepare_cable`; ``right``, ``pivot`` and ``system`` are memory to
    work in.
    """
    capacitance, g_total, current = membrane
    starts, stops = sections
    particular, plus, minus = right
    for j in range(len(v)):
        particular[j] = -(capacitance[j] / dt * v[j]) - current[j]
        plus[j] = sources[0][j]
        minus[j] = sources[1][j]
    for i in range(len(starts)):
        _eliminate(matrix, g_total, right, pivot, starts[i], stops[i])
    _couple(tree, system, conductance, right, starts, stops)
    _solve_tree(tree, system)
    potential = system[3]
    for i in range(len(starts)):
        for j in range(starts[i], stops[i]):
            ends = potential[tree[0][i]] * minus[j] + potential[i + 1] * plus[j]
            v[j] = particular[j] + ends
