"""How the steps of a 7z block are undone, one stream after another."""

from __future__ import annotations

import lzma
from typing import Final

from assay.core.errors import FormatError
from assay.formats.archive import decoders
from assay.formats.archive.expand import expand
from assay.formats.archive.sevenzip_header import Block, Coder
from assay.formats.budget import Budget
from assay.formats.source import Source, Window

_COPY: Final = b"\x00"
_LZMA: Final = b"\x03\x01\x01"
_LZMA2: Final = b"\x21"
_DEFLATE: Final = b"\x04\x01\x08"
_BZIP2: Final = b"\x04\x02\x02"
_ZSTD: Final = b"\x04\xf7\x11\x01"
_AES: Final = b"\x06\xf1\x07\x01"
_DELTA: Final = b"\x03"
_HELD_BACK: Final = 16
#: Filters that change addresses in native code; alone they cannot be undone here, before LZMA they can.
_FILTERS: Final = {
    b"\x03\x03\x01\x03": lzma.FILTER_X86, b"\x04": lzma.FILTER_X86,
    b"\x03\x03\x02\x05": lzma.FILTER_POWERPC, b"\x05": lzma.FILTER_POWERPC,
    b"\x03\x03\x04\x01": lzma.FILTER_IA64, b"\x06": lzma.FILTER_IA64,
    b"\x03\x03\x05\x01": lzma.FILTER_ARM, b"\x07": lzma.FILTER_ARM,
    b"\x03\x03\x07\x01": lzma.FILTER_ARMTHUMB, b"\x08": lzma.FILTER_ARMTHUMB,
    b"\x03\x03\x08\x05": lzma.FILTER_SPARC, b"\x09": lzma.FILTER_SPARC,
}  # fmt: skip


def unpack(source: Source, block: Block, budget: Budget) -> tuple[Source, FormatError | None]:
    """What a block expands to, and why it stopped before its end, if it did.

    :raises FormatError: it is encrypted, or uses a method that is not supported
    """
    if any(coder.method == _AES for coder in block.coders):
        raise FormatError("it is encrypted", offset=block.offset)
    if not block.chain:
        raise FormatError("its coders do not form a chain (BCJ2), which is not supported", offset=block.offset)
    coders = [block.coders[index] for index in block.chain]
    sizes = [block.sizes[index] if index < len(block.sizes) else 0 for index in block.chain]
    current: Source = Window(source, block.offset, block.packed)
    error: FormatError | None = None
    step = 0
    while step < len(coders) and error is None:
        coder, taken = coders[step], 1
        if coder.method == _COPY:
            step += 1
            continue
        if coder.method in {_LZMA, _LZMA2}:
            filters = [_lzma(coder)]
            while step + taken < len(coders) and (extra := _filter(coders[step + taken])) is not None:
                filters.insert(0, extra)
                taken += 1
            current, error = _raw(current, filters, sizes[step + taken - 1], budget)
        elif coder.method in {_DEFLATE, _BZIP2, _ZSTD}:
            make = {_DEFLATE: decoders.Deflate, _BZIP2: decoders.bzip2, _ZSTD: decoders.Zstandard}[coder.method]
            expansion = expand(current, 0, current.size, make, budget)
            current, error = expansion.source, expansion.error
        else:
            raise FormatError(f"its method {coder.method.hex()} is not supported", offset=block.offset)
        step += taken
    return current, error


def _raw(source: Source, filters: list[dict[str, int]], size: int, budget: Budget) -> tuple[Source, FormatError | None]:
    """Undo LZMA and the filters before it; without an end mark, the declared size ends it."""
    expansion = expand(source, 0, source.size, decoders.raw_lzma(filters), budget)
    if expansion.error is None or expansion.bomb:
        return expansion.source, expansion.error
    missing = size - expansion.size
    if 0 < missing <= _HELD_BACK and len(filters) > 1:
        # Without an end mark a filter keeps back the last bytes, which are too few to be changed by it.
        plain = expand(source, 0, source.size, decoders.raw_lzma(filters[-1:]), budget)
        expansion.source.write(plain.source.read(size - missing, missing))
    if expansion.source.size >= size:
        return Window(expansion.source, 0, size), None
    return expansion.source, expansion.error


def _lzma(coder: Coder) -> dict[str, int]:
    if coder.method == _LZMA:
        return decoders.lzma_properties(coder.properties)
    bits = coder.properties[0] if coder.properties else 255
    if bits > 40:
        raise FormatError("the LZMA2 data has no valid properties")
    return {
        "id": lzma.FILTER_LZMA2,
        "dict_size": max(4096, 0xFFFF_FFFF if bits == 40 else (2 | bits & 1) << bits // 2 + 11),
    }


def _filter(coder: Coder) -> dict[str, int] | None:
    if coder.method == _DELTA:
        return {"id": lzma.FILTER_DELTA, "dist": coder.properties[0] + 1 if coder.properties else 1}
    found = _FILTERS.get(coder.method)
    return None if found is None else {"id": found}
