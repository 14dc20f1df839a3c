"""An array is stored as a pickle, which MessagePack-NumPy runs when it unpacks the file.

## Why it matters
MessagePack itself holds no code. Its extension for NumPy stores arrays of Python objects as pickles and unpickles them
without being asked, so that a file people take for plain numbers runs what is in it.

## Example
A map with `nd`, `kind` = `O` and `data` = a pickle.

## Remedy
Unpack the file without the NumPy extension, or do not use it. The pickle is inspected on its own.

## References
`msgpack_numpy.decode` in the msgpack-numpy package, which calls `pickle.loads`.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.msgpack import Msgpack
from assay.scan.rule import Hit, Rule


def check(view: Msgpack) -> Iterator[Hit]:
    """Every such array."""
    for member in view.pickled:
        yield Hit("an array is stored as a pickle, which runs when it is unpacked", member.offset, member=member.name)


RULE = Rule(
    id="flax-pickled-array",
    reads=Msgpack.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
