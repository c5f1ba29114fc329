"""Layered rate networks for mini-batches, and every way in which they are told what to change."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "boltzmann": ["Boltzmann"],
        "carriers": ["Aligned", "Gradient", "Penalty", "TopOnly"],
        "control": ["Controlled", "Predictive"],
        "error_path": ["ErrorPath", "Taught"],
        "feedback": ["Fixed", "Mirrored", "NoFeedback", "Redrawn", "Signs", "Transported"],
        "learnt_feedback": ["Decoder", "Inverse", "Noise"],
        "learner": ["Learner"],
        "network": ["Layered", "Seen"],
        "recirculation": ["recirculate"],
        "settling": ["Settled", "Settling"],
        "step": ["Descent"],
        "targets": ["Predicted", "Sampled", "Targets"],
        "units": ["UNITS", "Unit"],
    },
)
