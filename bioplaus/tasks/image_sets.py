"""Labelled images in three parts: train, validation (choose settings on it), test (report it)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from bioplaus.parameters import ParameterError, unknown_name
from bioplaus.tasks.data_files import read_file
from bioplaus.tasks.exclusive_or import PATTERNS, TARGETS

__all__ = ["IMAGE_SETS", "ImageSet", "Part", "load"]

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = ("train", "validation", "test")

IMAGE_SETS = ("digits", "fashion-mnist", "mnist", "mnist-5000", "xor")
SUBSET = "mnist-5000"

_DIGIT_NAMES = tuple("0123456789")
_FASHION_NAMES = (
    "T-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Grey images with labels, in three parts that share no image.

    ``*_raw`` : (image, pixel) bytes as published, 0 background, ``full`` full ink.
    ``*_images`` : the same as float32 in [0, 1], made when first asked for.
    ``*_labels`` : (image,) int64, positions in ``classes``.
    """

    name: str
    shape: tuple[int, int]
    """Rows and columns of an image; its pixels are stored row by row."""
    full: int
    """The byte that means full ink."""
    classes: tuple[str, ...]
    train_raw: npt.NDArray[np.uint8]
    train_labels: npt.NDArray[np.int64]
    validation_raw: npt.NDArray[np.uint8]
    validation_labels: npt.NDArray[np.int64]
    test_raw: npt.NDArray[np.uint8]
    test_labels: npt.NDArray[np.int64]

    @cached_property
    def train_images(self) -> npt.NDArray[np.float32]:
        """(image, pixel) float32 in [0, 1]."""
        return self._scaled(self.train_raw)

    @cached_property
    def validation_images(self) -> npt.NDArray[np.float32]:
        """(image, pixel) float32 in [0, 1]."""
        return self._scaled(self.validation_raw)

    @cached_property
    def test_images(self) -> npt.NDArray[np.float32]:
        """(image, pixel) float32 in [0, 1]."""
        return self._scaled(self.test_raw)

    def part(self, part: str) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Images (image, pixel) in [0, 1] and labels (image,) of one part.

        Raises
        ------
        ValueError
            For a part that is none of train, validation, test.
        """
        if part not in PARTS:
            raise ParameterError(unknown_name("part", part, list(PARTS)))
        return getattr(self, f"{part}_images"), getattr(self, f"{part}_labels")

    def _scaled(self, raw: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        return raw.astype(np.float32) / np.float32(self.full)


def load(name: str, *, validation: int | None = None) -> ImageSet:
    """Load a labelled image set by name.

    Parameters
    ----------
    name
        ``"digits"`` (8 x 8, from scikit-learn, 1,077 / 360 / 360 images, stratified),
        ``"mnist"`` or ``"fashion-mnist"`` (28 x 28, 50,000 / 10,000 / 10,000 in file order),
        ``"mnist-5000"`` (the first 5,000 training images of MNIST, all of the other parts), or
        ``"xor"`` (2 x 2, exclusive or of two noisy bits, 800 / 400 / 400).
    validation
        For the MNIST sets: how many of the 60,000 training images, counted from the end, are
        kept for validation (default 10,000).

    Raises
    ------
    ParameterError
        For an unknown name or an impossible number of validation images.
    bioplaus.tasks.DataFileError
        For a missing, truncated or wrong file.
    """
    if name not in IMAGE_SETS:
        raise ParameterError(unknown_name("image set", name, list(IMAGE_SETS)))
    if name in ("digits", "xor"):
        if validation is not None:
            raise ParameterError(f"the split of {name} is fixed")
        return _digits() if name == "digits" else _exclusive_or()
    images = _mnist(name.removesuffix("-5000"), 10_000 if validation is None else validation)
    if name != SUBSET:
        return images
    rows = slice(5000)
    raw, labels = images.train_raw[rows], images.train_labels[rows]
    return replace(images, name=name, train_raw=raw, train_labels=labels)


def _mnist(name: str, validation: int) -> ImageSet:
    images = read_file(f"{name}/train-images-idx3-ubyte.gz")
    labels = read_file(f"{name}/train-labels-idx1-ubyte.gz").astype(np.int64)
    test_images = read_file(f"{name}/t10k-images-idx3-ubyte.gz")
    test_labels = read_file(f"{name}/t10k-labels-idx1-ubyte.gz").astype(np.int64)
    if not 0 < validation < len(images):
        raise ParameterError(f"validation = {validation} images; accepted: 1 .. {len(images) - 1}")
    raw = images.reshape(len(images), -1)
    return ImageSet(
        name=name,
        shape=(images.shape[1], images.shape[2]),
        full=255,
        classes=_DIGIT_NAMES if name == "mnist" else _FASHION_NAMES,
        train_raw=raw[:-validation],
        train_labels=labels[:-validation],
        validation_raw=raw[-validation:],
        validation_labels=labels[-validation:],
        test_raw=test_images.reshape(len(test_images), -1),
        test_labels=test_labels,
    )


def _exclusive_or() -> ImageSet:
    """Two bits, a row of pixels for each: ink in the first pixel is a one, in the second a zero.

    Full ink is drawn between 192 and 255, none between 0 and 63, the same for everybody; so every
    pattern has two pixels with ink, and the all-zero pattern is seen by networks without biases.
    """
    rng = np.random.Generator(np.random.PCG64(0))
    parts = []
    for size in (800, 400, 400):
        pattern = rng.permutation(np.arange(size) % len(PATTERNS))
        bits = PATTERNS[pattern]
        ink = np.stack([bits, 1 - bits], axis=2).reshape(size, 4)
        raw = rng.integers(0, 64, (size, 4)) + 192 * ink
        parts += [raw.astype(np.uint8), TARGETS[pattern].astype(np.int64)]
    return ImageSet("xor", (2, 2), 255, ("0", "1"), *parts)


def _digits() -> ImageSet:
    """Scikit-learn's digits; the split is stratified and the same for everybody."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, labels = load_digits(return_X_y=True)
    raw, labels = images.astype(np.uint8), labels.astype(np.int64)
    rest, test = train_test_split(
        np.arange(len(raw)), test_size=360, stratify=labels, random_state=0
    )
    train, validation = train_test_split(rest, test_size=360, stratify=labels[rest], random_state=0)
    return ImageSet(
        name="digits",
        shape=(8, 8),
        full=16,
        classes=_DIGIT_NAMES,
        train_raw=raw[train],
        train_labels=labels[train],
        validation_raw=raw[validation],
        validation_labels=labels[validation],
        test_raw=raw[test],
        test_labels=labels[test],
    )
