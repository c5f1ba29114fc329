"""Potentials of the continuous network against values found on paper (Sacramento 2018, eqs 1-4)."""

from __future__ import annotations

import brian2
import numpy as np
import pytest

from bioplaus.models import sacramento
from bioplaus.neurons.cell import Clocks
from bioplaus.parameters import ParameterError, replace
from bioplaus.quantity import to_quantity
from bioplaus.runs.pages.presenting import namespace
from bioplaus.tasks import presentations
from tests.papers import showing

MS = brian2.ms
A = 1 / 1.9  # g_basal over the sum of conductances
B = 0.8 / 1.9  # every mixing factor of the standard conductances
FRAME = 1e-3


pytestmark = pytest.mark.usefixtures("engine_target")


def build(p, seed=0):
    clocks = Clocks.of(to_quantity(p.dt), FRAME)
    rng = np.random.Generator(np.random.PCG64(seed))
    return sacramento.build(p, rng, {"input": sacramento.rates(p, clocks)}, clocks)


def chain(transfer="logistic", **changes):
    """The 1-1-1 circuit: w10 = 1.5, w21 = 0.8, w12 = 0.5, in the self-predicting state."""
    p = replace(
        sacramento.Dynamics(),
        {"areas": "1-1-1", "transfer": transfer, "tau_input": "0 ms", **changes},
    )
    model = build(p)
    one = np.array([[1.0]])
    sacramento.set_circuit_weights(
        model,
        sacramento.CircuitWeights(
            forward=(1.5 * one, 0.8 * one),
            forward_bias=(np.zeros(1), np.zeros(1)),
            top_down=(0.5 * one,),
            interneuron=(0.8 * one,),
            interneuron_bias=(np.zeros(1),),
            lateral=(-0.5 * one,),
        ),
    )
    return model


def settle(model, rates, targets, teaching, plastic=False, milliseconds=40):
    tables = {"images": np.array(rates), "targets": np.array(targets)}
    on = {"strength": float(plastic), "teaching": float(teaching)}
    shown = {"presentation": 1e-3 * milliseconds, "frame": FRAME}
    schedule = presentations([0], tables, **shown, **on)
    showing.run(model, schedule)


def potentials(model):
    hidden, output, partner = model.areas[1], model.areas[2], model.interneurons[0]
    return [float(each[0]) for each in (hidden.u, output.u, partner.u, hidden.v_apical)]


@pytest.mark.parametrize(
    ("transfer", "teaching", "expected"),
    [
        ("logistic", False, (0.473684210526, 0.448185736799, 0.448185736799, 0.0)),
        ("logistic", True, (0.480121646106, 0.681169094448, 0.546924502637, 0.015288909502)),
        ("identity", False, (0.473684210526, 0.344497607656, 0.344497607656, 0.0)),
    ],
)
def test_smallest_circuit_settles_where_algebra_says(transfer, teaching, expected):
    model = chain(transfer)
    settle(model, [[0.6]], [[1.0]], teaching)
    assert potentials(model) == pytest.approx(expected, abs=1e-11)


def test_linear_circuit_with_teacher_solves_its_three_equations():
    # u1 - b w12 u2 - b w_PI uI = a w10 r0;  -a w21 u1 + u2 = b;  -a w_IP u1 - b u2 + uI = 0.
    # The output and the interneuron see their dendrite through 1/1.9, because nudging counts.
    matrix = [[1, -0.5 * B, 0.5 * B], [-0.8 * A, 1, 0], [-0.8 * A, -B, 1]]
    u_1, u_2, u_ip = np.linalg.solve(matrix, [1.5 * 0.6 * A, B, 0])
    model = chain("identity")
    settle(model, [[0.6]], [[1.0]], teaching=True)
    assert potentials(model) == pytest.approx((u_1, u_2, u_ip, 0.5 * (u_2 - u_ip)), abs=1e-11)
    assert u_1 == pytest.approx(0.50611384, abs=1e-8)


@pytest.mark.parametrize("areas", ["30-20-10", "30-20-20-20-10"])
@pytest.mark.parametrize("bias_rate", [0.0, 1.0])
def test_self_predicting_network_is_silent_and_learns_nothing(areas, bias_rate):
    p = replace(
        sacramento.Dynamics(),
        {
            "areas": areas,
            "tau_input": "0 ms",
            "lateral_rate": "0.0005/ms",
            "bias_rate": bias_rate,
        },
    )
    model = build(p, seed=3)
    rng = np.random.default_rng(1)
    if bias_rate:
        start = sacramento.circuit_weights(model)
        biases = tuple(rng.uniform(-1, 1, len(b)) for b in start.forward_bias)
        mix = sacramento.mixing(p)
        shifted = sacramento.CircuitWeights(**{**vars(start), "forward_bias": biases})
        sacramento.set_circuit_weights(model, sacramento.self_predicting(shifted, mix))
    settle(model, rng.uniform(-1, 1, (1, 30)), np.zeros((1, 10)), teaching=False, milliseconds=60)
    for k, cells in enumerate(model.interneurons, start=1):
        assert np.abs(model.areas[k].v_apical[:]).max() < 1e-13
        assert np.abs(cells.u[:] - model.areas[k + 1].u[:]).max() < 1e-13
        assert np.abs(cells.error_basal[:]).max() < 1e-13
    before = sacramento.circuit_weights(model)
    settle(model, rng.uniform(-1, 1, (1, 30)) * 0, np.zeros((1, 10)), teaching=False)
    after = sacramento.circuit_weights(model)
    for name in ("forward", "interneuron", "lateral", "top_down"):
        for w, again in zip(getattr(before, name), getattr(after, name)):
            np.testing.assert_array_equal(w, again)


def test_filtered_weight_follows_the_closed_form():
    # Constant product I from time 0: W moves by eta I [t - tau (1 - exp(-t/tau))], 0.71070 eta I t
    # after 100 ms with tau = 30 ms.  The interneuron alone learns, slowly enough to stay put.
    rate = 1e-7
    model = chain(interneuron_rates=f"{rate}", forward_rates="0 0")
    settle(model, [[0.6]], [[1.0]], teaching=True)
    error, pre = float(model.interneurons[0].error_basal[0]), float(model.areas[1].rate[0])
    assert error == 0.0  # not plastic yet
    settle(model, [[0.6]], [[1.0]], teaching=True, plastic=True, milliseconds=100)
    error = float(model.interneurons[0].error_basal[0])
    moved = model.weights()["hidden_1_to_interneuron_1"][0, 0] - 0.8
    assert moved / (rate * error * pre * 100) == pytest.approx(0.71070, rel=5e-3)


@pytest.mark.parametrize(("dt", "stable"), [("1.05 ms", True), ("1.06 ms", False)])
def test_euler_bound_of_a_hidden_cell(dt, stable):
    # factor 1 - 1.9 dt a step: -0.995 and -1.014
    assert sacramento.largest_time_step(sacramento.Dynamics())[0] == pytest.approx(2 / 1.9)
    p = replace(sacramento.Dynamics(), {"dt": dt})
    if stable:
        sacramento.check_dynamics(p)
    else:
        with pytest.raises(ParameterError, match=r"hidden pyramidal cells.*dt < 1\.053 ms"):
            sacramento.check_dynamics(p)


@pytest.mark.parametrize(("noise", "expected"), [("white", 0.05392), ("per step", 0.01705)])
def test_stationary_noise_of_a_soma(noise, expected):
    # AR(1) with factor 0.81 a step: sd = kick / sqrt(1 - 0.81^2), kick 0.1 sqrt(0.1) or 0.1 * 0.1.
    # 1,000 cells, 10 samples 3 ms (six time constants) apart: relative error of the sd about
    # 1/sqrt(2 * 10,000) = 0.7 %; four of those is 2.8 %.
    kick = 0.1 * (np.sqrt(0.1) if noise == "white" else 0.1)
    assert kick / np.sqrt(1 - 0.81**2) == pytest.approx(expected, abs=1e-5)
    p = replace(
        sacramento.Dynamics(),
        {"areas": "1-1000-1", "sigma": 0.1, "noise": noise, "weight_scale": "0",
         "top_down_scale": 0.0, "forward_rates": "0", "interneuron_rates": "0"},
    )  # fmt: skip
    model = build(p)
    brian2.seed(11)
    samples = []
    for _ in range(10):
        settle(model, [[0.0]], [[0.0]], teaching=False, milliseconds=3)
        samples.append(np.array(model.areas[1].u))
    assert np.std(samples) == pytest.approx(expected, rel=0.028)


def test_prospective_chain_settles_in_as_many_steps_as_areas():
    # Feedforward alone (g_apical = 0): interneurons hear of their partner one step late.
    p = replace(
        sacramento.Bars(),
        {"areas": "2-2-2-2-2", "g_apical": "0/ms", "forward_rates": "0", "interneuron_rates": "0"},
    )
    model = build(p, seed=2)
    steady = {"images": np.array([[0.3, 0.9]]), "targets": np.zeros((1, 2))}
    names = namespace(presentations([0], steady, presentation=0.1, frame=FRAME))
    reached = []
    for _ in range(8):
        model.network.run(0.1 * MS, namespace=names)
        reached.append(np.array(model.areas[-1].potential))
    model.network.run(5 * MS, namespace=names)
    final = np.array(model.areas[-1].potential)
    assert np.abs(reached[2] - final).max() > 1e-4
    assert np.abs(reached[3] - final).max() < 1e-12


@pytest.mark.parametrize(("links", "milliseconds"), [(1, 24.1), (2, 34.7), (4, 52.6), (8, 83.8)])
def test_settling_time_of_an_ordinary_chain(links, milliseconds):
    # The reference steps a chain of equal membranes; the estimate is the continuous chain (a gamma
    # quantile), and Euler is 0.5 % faster.
    tau, dt = 1 / 0.19, 0.1
    u, steps = np.zeros(links), 0
    while u[-1] < 0.99:
        u += dt / tau * (np.concatenate([[1.0], u[:-1]]) - u)
        steps += 1
    assert steps * dt == pytest.approx(milliseconds, abs=0.11)
    p = replace(sacramento.Bars(), {"areas": "-".join("1" * (links + 1)), "prospective": False})
    assert sacramento.settling_time(p) == pytest.approx(milliseconds, rel=0.01)
