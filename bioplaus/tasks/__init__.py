"""What is presented: image sets, stimuli, targets, dynamical systems.  Seeds in, arrays out."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "bars": ["bar_images"],
        "data_files": ["DATA_DIR_VARIABLE", "DataFileError"],
        "delayed_tasks": ["StoreRecall", "delayed_match", "store_recall"],
        "dynamic_regression": ["DynamicRegression", "dynamic_regression"],
        "event_files": ["events_of_tonic", "read_heidelberg", "read_n_mnist"],
        "events": ["EventError", "Events"],
        "evidence_accumulation": ["Cues", "evidence_trials"],
        "exclusive_or": ["XorFrames", "shuffled_order", "xor_frames"],
        "dynamical_systems": ["LINEAR", "LORENZ", "VAN_DER_POL", "System", "trajectory"],
        "idx": ["read_idx"],
        "image_sets": ["IMAGE_SETS", "ImageSet", "load"],
        "latency_code": ["latency_of_images", "latency_of_points"],
        "poisson_images": ["poisson_of_images"],
        "narma": ["narma"],
        "pattern_generation": ["frozen_noise", "sine_mixture"],
        "randman": ["randman"],
        "random_teacher": ["RandomTeacher"],
        "schedule": ["Schedule", "common_step", "presentations", "stretch"],
        "sequential_images": ["crossings_of_images"],
        "spike_trains": ["poisson_trains", "spaced_spikes", "spike_exclusive_or", "wanted_train"],
        "templates": ["jittered", "poisson_templates"],
        "trains": ["SpikeTrains", "StepTrains"],
        "yin_yang": ["published_yin_yang", "yin_yang_class", "yin_yang_points"],
        "walk": ["Walk"],
        "tracking": ["CommandNoise", "Stretch", "Tracking", "TrackingSettings"],
    },
)
