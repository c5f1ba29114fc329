"""Figures of recorded arrays: axes in, axes out.  Legible in a paper's column, light or dark."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "appearance": ["COLOURS", "GREY", "entitle", "figure", "style"],
        "curves": ["error_curves", "learning_curve"],
        "images": ["weight_distribution", "weight_histogram", "weight_image"],
        "phase": ["phase_plane"],
        "spikes": ["population_rate", "raster"],
        "time_courses": ["traces", "with_gaps", "with_prefix"],
    },
)
