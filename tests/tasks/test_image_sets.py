"""Image sets: the parts, the published counts, and errors that a person can act on."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from bioplaus import tasks
from bioplaus.tasks import data_files

DATA = os.environ.get("BIOPLAUS_DATA_DIR")
needs_data = pytest.mark.skipif(DATA is None, reason="BIOPLAUS_DATA_DIR names no folder")

SMALL = "mnist/t10k-labels-idx1-ubyte.gz"


def test_digits_are_split_once_and_stratified() -> None:
    digits = tasks.load("digits")
    parts = [digits.train_raw, digits.validation_raw, digits.test_raw]
    labels = [digits.train_labels, digits.validation_labels, digits.test_labels]
    assert [len(part) for part in parts] == [1077, 360, 360]
    everything = sorted(image.tobytes() for part in parts for image in part)
    assert len(everything) == 1797
    # Every class has its share of a part to within one image.
    counts = np.array([np.bincount(part, minlength=10) for part in labels])
    share = counts.sum(axis=0) * np.array([[1077], [360], [360]]) / 1797
    assert np.abs(counts - share).max() <= 1.0


def test_digits_split_does_not_move() -> None:
    """The test part is a commitment: its figures compare only while it stays the same."""
    digits = tasks.load("digits")
    kept = hashlib.sha256(digits.test_raw.tobytes() + digits.test_labels.tobytes()).hexdigest()
    assert kept.startswith("3ea49a6c5c1f0810")


def test_images_are_scaled_to_full_ink() -> None:
    digits = tasks.load("digits")
    assert digits.train_images.dtype == np.float32
    assert digits.train_images.min() == 0.0
    assert digits.train_images.max() == 1.0
    assert np.array_equal(digits.train_images * 16, digits.train_raw)
    assert digits.train_images is digits.train_images
    images, labels = digits.part("validation")
    assert images.shape == (360, 64)
    assert labels.shape == (360,)


def test_exclusive_or_is_balanced_and_its_bits_can_be_read() -> None:
    """Thresholding each row's ink gives the bits back; their exclusive or is the label."""
    images = tasks.load("xor")
    sizes = {"train": 800, "validation": 400, "test": 400}
    for part, size in sizes.items():
        pixels, labels = images.part(part)
        assert pixels.shape == (size, 4)
        bits = pixels[:, ::2] > pixels[:, 1::2]
        assert np.array_equal(bits[:, 0] ^ bits[:, 1], labels)
        assert np.bincount(2 * bits[:, 0] + bits[:, 1]).tolist() == [size // 4] * 4
    # No unit can do it alone: the two classes have the same mean image.
    pixels, labels = images.part("train")
    assert np.allclose(pixels[labels == 0].mean(0), pixels[labels == 1].mean(0), atol=0.03)


@needs_data
def test_the_subset_has_the_first_images_and_all_of_the_test_part() -> None:
    whole, subset = tasks.load("mnist"), tasks.load("mnist-5000")
    assert np.array_equal(subset.train_raw, whole.train_raw[:5000])
    assert np.array_equal(subset.train_labels, whole.train_labels[:5000])
    assert np.array_equal(subset.test_raw, whole.test_raw)


@needs_data
@pytest.mark.parametrize(
    ("name", "first", "ones", "mean", "test_mean"),
    [
        ("mnist", [5, 0, 4, 1, 9, 2, 1, 3, 1, 4], 6742, 0.1307, 0.1325),
        ("fashion-mnist", [9, 0, 0, 3, 0, 2, 7, 2, 5, 5], 6000, 0.2860, 0.2868),
    ],
)
def test_mnist_sets_are_the_published_ones(
    name: str, first: list[int], ones: int, mean: float, test_mean: float
) -> None:
    """First labels, class counts and mean ink as published for the two data sets."""
    images = tasks.load(name)
    assert images.shape == (28, 28)
    parts = (images.train_raw, images.validation_raw, images.test_raw)
    assert [len(part) for part in parts] == [50_000, 10_000, 10_000]
    assert images.train_labels[:10].tolist() == first
    labels = np.concatenate([images.train_labels, images.validation_labels])
    assert np.count_nonzero(labels == 1) == ones
    ink = np.concatenate([images.train_raw, images.validation_raw]).mean() / 255
    assert ink == pytest.approx(mean, abs=5e-5)
    assert images.test_raw.mean() / 255 == pytest.approx(test_mean, abs=5e-5)


@needs_data
def test_validation_part_can_have_another_size() -> None:
    images = tasks.load("mnist", validation=5_000)
    assert len(images.train_raw) == 55_000
    assert len(images.validation_raw) == 5_000
    with pytest.raises(ValueError, match=r"validation = 60000 images; accepted: 1 \.\. 59999"):
        tasks.load("mnist", validation=60_000)


def test_unknown_names_suggest_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'mnist'"):
        tasks.load("mnits")
    with pytest.raises(ValueError, match="did you mean 'validation'"):
        tasks.load("digits").part("valdation")


def test_missing_file_says_what_belongs_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BIOPLAUS_DATA_DIR", str(tmp_path))
    with pytest.raises(tasks.DataFileError) as caught:
        tasks.load("mnist")
    message = str(caught.value)
    assert str(tmp_path / "mnist" / "train-images-idx3-ubyte.gz") in message
    assert "is missing" in message
    assert data_files.FILES["mnist/train-images-idx3-ubyte.gz"][0] in message
    assert "unset BIOPLAUS_DATA_DIR" in message


def test_truncated_and_wrong_files_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BIOPLAUS_DATA_DIR", str(tmp_path))
    path = tmp_path / SMALL
    path.parent.mkdir()
    path.write_bytes(b"\x1f\x8b" + b"0" * 98)
    with pytest.raises(tasks.DataFileError, match=r"truncated: 100 of 4,542 bytes"):
        data_files.read_file(SMALL)
    path.write_bytes(b"0" * 5_000)
    with pytest.raises(tasks.DataFileError, match="is another file") as caught:
        data_files.read_file(SMALL)
    assert data_files.FILES[SMALL][0] in str(caught.value)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A publisher on this machine, and an empty cache; yields the folder that is published."""
    published = tmp_path / "published"
    published.mkdir()
    handler = partial(QuietHandler, directory=str(published))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, daemon=True)
        thread.start()
        monkeypatch.delenv("BIOPLAUS_DATA_DIR", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setitem(data_files.SOURCES, "mnist", f"http://127.0.0.1:{httpd.server_port}/")
        yield published
        httpd.shutdown()
        thread.join()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_download_is_checked_and_kept(server: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = bytes([7, 2, 1, 0])
    content = gzip.compress(b"\0\0\x08\x01" + (4).to_bytes(4, "big") + labels, mtime=0)
    (server / "t10k-labels-idx1-ubyte.gz").write_bytes(content)
    entry = (hashlib.sha256(content).hexdigest(), len(content))
    monkeypatch.setitem(data_files.FILES, SMALL, entry)
    assert data_files.read_file(SMALL).tolist() == [7, 2, 1, 0]
    shutil.rmtree(server)
    assert data_files.read_file(SMALL).tolist() == [7, 2, 1, 0]


def test_download_of_something_else_is_refused(server: Path) -> None:
    (server / "t10k-labels-idx1-ubyte.gz").write_bytes(b"<html>a login page</html>")
    with pytest.raises(tasks.DataFileError, match="could not be downloaded") as caught:
        data_files.read_file(SMALL)
    assert data_files.FILES[SMALL][0] in str(caught.value)
    assert "BIOPLAUS_DATA_DIR=FOLDER" in str(caught.value)


def test_no_network_says_what_to_do(server: Path) -> None:
    with pytest.raises(tasks.DataFileError, match="put it into FOLDER/mnist/"):
        data_files.read_file(SMALL)


def test_idx_header_and_length_must_agree() -> None:
    header = b"\0\0\x08\x02" + (2).to_bytes(4, "big") + (3).to_bytes(4, "big")
    assert tasks.read_idx(header + bytes(range(6))).tolist() == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(ValueError, match=r"holds 5 numbers, its header promises 6"):
        tasks.read_idx(header + bytes(5))
    with pytest.raises(ValueError, match="not an IDX file of bytes"):
        tasks.read_idx(b"\x89PNG....")
    with pytest.raises(ValueError, match="ends within its header"):
        tasks.read_idx(header[:9])
