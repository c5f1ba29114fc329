"""What choosing a backend changes in Brian2."""

import logging

import brian2

from bioplaus.runs.backend import Backend


class Heard(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def test_brian2_warns_of_random_synapses_once_and_not_before_every_run() -> None:
    Backend("numpy").select(1)
    source = brian2.SpikeGeneratorGroup(1, [0], [0] * brian2.ms)
    target = brian2.NeuronGroup(1, "v : 1")
    synapses = brian2.Synapses(source, target, on_pre="v_post += int(rand() < chance)")
    synapses.connect()
    network = brian2.Network(source, target, synapses)
    heard, logger = Heard(), logging.getLogger("brian2.codegen.generators.base")
    logger.addHandler(heard)
    try:
        for chance in (0.25, 0.75):
            network.run(1 * brian2.ms, namespace={"chance": chance})
    finally:
        logger.removeHandler(heard)
    assert len([m for m in heard.messages if "rand() < chance" in m]) == 1
