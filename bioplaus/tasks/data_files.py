"""The files of MNIST and Fashion-MNIST: a folder of one's own, else a checked download.

The folder named by ``BIOPLAUS_DATA_DIR`` holds one sub-folder for each data set (``mnist/``,
``fashion-mnist/``) with the four gzip-packed IDX files as their authors publish them.  Without
that variable the files come from the network, once, into the user's cache.
"""

from __future__ import annotations

import gzip
import hashlib
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bioplaus.errors import UserError
from bioplaus.tasks.idx import read_idx

__all__ = ["DATA_DIR_VARIABLE", "FILES", "DataFileError", "read_file"]

DATA_DIR_VARIABLE = "BIOPLAUS_DATA_DIR"

FILES = {
    "mnist/train-images-idx3-ubyte.gz": (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        9_912_422,
    ),
    "mnist/train-labels-idx1-ubyte.gz": (
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        28_881,
    ),
    "mnist/t10k-images-idx3-ubyte.gz": (
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        1_648_877,
    ),
    "mnist/t10k-labels-idx1-ubyte.gz": (
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        4_542,
    ),
    "fashion-mnist/train-images-idx3-ubyte.gz": (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        26_421_880,
    ),
    "fashion-mnist/train-labels-idx1-ubyte.gz": (
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        29_515,
    ),
    "fashion-mnist/t10k-images-idx3-ubyte.gz": (
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        4_422_102,
    ),
    "fashion-mnist/t10k-labels-idx1-ubyte.gz": (
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        5_148,
    ),
}
"""SHA-256 and length in bytes of every packed file, by ``data set/file``."""

SOURCES = {
    "mnist": "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "fashion-mnist": "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
}
"""Where a data set is downloaded from; what arrives is trusted only by its sum."""


class DataFileError(UserError, ValueError):
    """A data file is missing, truncated, wrong, or cannot be downloaded."""


def read_file(name: str) -> npt.NDArray[np.uint8]:
    """Read one file of :data:`FILES`, for example ``"mnist/t10k-labels-idx1-ubyte.gz"``.

    Returns
    -------
    array of bytes: images (image, row, column) or labels (image,), read-only.

    Raises
    ------
    DataFileError
        Naming the file, the SHA-256 expected, what was found, and what to do.
    """
    folder = os.environ.get(DATA_DIR_VARIABLE)
    path = Path(folder).expanduser() / name if folder else _download(name)
    packed = _checked_content(path, name)
    return read_idx(gzip.decompress(packed), str(path))


def _checked_content(path: Path, name: str) -> bytes:
    sha256, length = FILES[name]
    remedy = (
        f"put the publisher's own {path.name} (SHA-256 {sha256}) there, or unset "
        f"{DATA_DIR_VARIABLE} to have it downloaded"
    )
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataFileError(f"{path} is missing; {remedy}") from None
    except OSError as error:
        raise DataFileError(f"{path} cannot be read ({error.strerror}); {remedy}") from error
    found = hashlib.sha256(content).hexdigest()
    if found == sha256:
        return content
    if len(content) < length:
        raise DataFileError(
            f"{path} is truncated: {len(content):,} of {length:,} bytes, SHA-256 {found}; {remedy}"
        )
    raise DataFileError(f"{path} is another file: its SHA-256 is {found}; {remedy}")


def _download(name: str) -> Path:
    """Fetch a file into the user's cache unless it is there already; Pooch checks its sum."""
    import pooch
    import requests

    dataset, file_name = name.split("/")
    sha256, _ = FILES[name]
    cache = Path(pooch.os_cache("bioplaus")) / dataset
    try:
        path = pooch.retrieve(
            url=SOURCES[dataset] + file_name,
            known_hash=f"sha256:{sha256}",
            fname=file_name,
            path=cache,
        )
    except (ValueError, OSError, requests.exceptions.RequestException) as error:
        raise DataFileError(
            f"{SOURCES[dataset]}{file_name} could not be downloaded ({error}); get a file of this "
            f"name with SHA-256 {sha256} by other means, put it into FOLDER/{dataset}/ and set "
            f"{DATA_DIR_VARIABLE}=FOLDER"
        ) from error
    return Path(path)
