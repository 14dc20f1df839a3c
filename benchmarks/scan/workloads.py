"""The files that are scanned: made from a fixed seed, with what the standard library and NumPy give."""

from __future__ import annotations

import io
import json
import pickle
import random
import struct
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np

MIB = 1 << 20


def many_objects(path: Path, mib: int) -> None:
    """One pickle of about ``mib`` MiB: rows of short texts, numbers and tuples, as exports have."""
    source = random.Random(7)
    rows = [_row(source, number) for number in range(mib * 17_600)]
    with path.open("wb") as file:
        pickle.dump(rows, file, protocol=4)


def _row(source: random.Random, number: int) -> dict[str, object]:
    return {
        "id": number,
        "name": f"n{source.randrange(10**6)}",
        "score": source.random(),
        "ok": number % 3 == 0,
        "tags": [source.randrange(200), source.randrange(70_000), None],
        "at": (number % 24, number % 60),
    }


def torch_zip(path: Path, mib: int) -> None:
    """A state dict of float32 matrices in PyTorch's zip, as ``torch.save`` lays it out."""
    count = 4 * MIB
    names = [f"layers.{number}.weight" for number in range(mib // 16)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("model/data.pkl", _state(names, count))
        archive.writestr("model/byteorder", "little")
        for number in range(len(names)):
            with archive.open(f"model/data/{number}", "w", force_zip64=True) as file:
                file.write(_weights(number, count))
        archive.writestr("model/version", "3\n")


def _state(names: list[str], count: int) -> bytes:
    """The opcodes of ``OrderedDict`` of ``_rebuild_tensor_v2`` calls, protocol 2, written out."""
    out = io.BytesIO()
    out.write(b"\x80\x02ccollections\nOrderedDict\n)R(")
    for number, name in enumerate(names):
        key = str(number).encode()
        out.write(b"X" + struct.pack("<I", len(name)) + name.encode())
        out.write(b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\n")
        out.write(b"X" + struct.pack("<I", len(key)) + key + b"X\x03\0\0\0cpuJ" + struct.pack("<i", count) + b"tQ")
        out.write(b"K\0M\0\x08M\0\x08\x86M\0\x08K\x01\x86\x89ccollections\nOrderedDict\n)RtR")
    out.write(b"u.")
    return out.getvalue()


def safetensors(path: Path, mib: int) -> None:
    """Float32 matrices in the safetensors layout."""
    count = 4 * MIB
    header: OrderedDict[str, object] = OrderedDict(__metadata__={"format": "pt"})
    for number in range(mib // 16):
        start = number * count * 4
        header[f"layers.{number}.weight"] = {
            "dtype": "F32",
            "shape": [2048, 2048],
            "data_offsets": [start, start + count * 4],
        }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for number in range(mib // 16):
            file.write(_weights(number, count))


def _weights(seed: int, count: int) -> bytes:
    return (np.random.default_rng(seed).standard_normal(count, dtype=np.float32) * np.float32(0.02)).tobytes()


def small_pickles(folder: Path, count: int) -> None:
    """Files of about half a KiB in folders of a hundred."""
    source = random.Random(9)
    for number in range(count):
        place = folder / f"{number // 100:03d}"
        place.mkdir(parents=True, exist_ok=True)
        with (place / f"{number:05d}.pkl").open("wb") as file:
            pickle.dump([_row(source, number) for _ in range(6)], file, protocol=4)


if __name__ == "__main__":  # a process of its own: what is measured must not inherit the size of what made the files
    makers = {"objects": many_objects, "torch": torch_zip, "safetensors": safetensors, "small": small_pickles}
    makers[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
