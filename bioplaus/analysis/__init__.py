"""Pure functions on recorded arrays: spike trains, bursts, alignment of gradients."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "alignment": ["alignment_angle", "angles_to_halves", "gradient_angles", "gradient_floors"],
        "bursts": ["Bursts", "burst_probability", "find_bursts"],
        "correlation": ["train_correlation"],
        "timing_window": ["timing_window"],
        "intervals": ["cv", "intervals", "local_variation"],
        "open_loop": [
            "identity_r_squared",
            "maxima",
            "normalised_error",
            "orbit_distance",
            "return_map_error",
        ],
        "rates": ["population_rate", "silent_and_saturated", "spike_counts", "spike_rates"],
    },
)
