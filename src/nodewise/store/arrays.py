"""A shelf of arrays: each is kept once, under the hash of its content."""

import hashlib
import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import StoreError


class Shelf:
    """Arrays in a folder, named by content; what is on the shelf never changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, array: NDArray[np.generic]) -> str:
        """Keep an array; masks are packed to bits. Returns its content hash."""
        array = np.ascontiguousarray(array)
        digest = _digest(array)
        path = self._path(digest)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
                if array.dtype == bool:
                    np.savez(
                        file, bits=np.packbits(array.astype(bool)), shape=np.array(array.shape)
                    )
                else:
                    np.save(file, array, allow_pickle=False)
            os.replace(file.name, path)
        return digest

    def get(self, digest: str) -> NDArray[np.generic]:
        """The array of that hash, read-only and read from disk where it is touched."""
        path = self._path(digest)
        if not path.exists():
            raise StoreError(f"array {digest} is missing from the study; import its source again")
        found = np.load(path, mmap_mode="r", allow_pickle=False)
        if isinstance(found, np.ndarray):
            return found
        shape = tuple(found["shape"])
        return np.unpackbits(found["bits"], count=int(np.prod(shape))).reshape(shape).astype(bool)

    def intact(self, digest: str) -> bool:
        """Whether the array of that hash is there and still is what it was."""
        return self._path(digest).exists() and _digest(self.get(digest)) == digest

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest


def _digest(array: NDArray[np.generic]) -> str:
    label = f"{array.dtype.str}{array.shape}".encode()
    return hashlib.sha256(label + array.tobytes()).hexdigest()[:24]
