"""Callables that a pickle may repeat a million times with constants: the machine counts them, it need not keep them."""

from __future__ import annotations

from functools import cache
from typing import Final

_NAMES: Final = """
builtins: bool complex dict frozenset int list object set slice str tuple
_codecs: encode
collections: OrderedDict Counter deque
datetime: date datetime time timedelta timezone
decimal: Decimal
uuid: UUID
pathlib: Path PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath
numpy: dtype ndarray
numpy.core.multiarray: _reconstruct scalar
numpy._core.multiarray: _reconstruct scalar
numpy.core.numeric: _frombuffer
numpy._core.numeric: _frombuffer
pandas._libs.tslibs.timestamps: _unpickle_timestamp
pandas._libs.tslibs.timedeltas: _timedelta_unpickle
pandas._libs.tslibs.nattype: _nat_unpickle
torch: Size device
torch._utils: _rebuild_tensor_v2 _rebuild_parameter
"""


@cache
def inert_names() -> frozenset[str]:
    """Dotted names for :class:`assay.formats.budget.Budget`; every one of them is on the allow-list as ``call``."""
    return frozenset(
        f"{module}.{name}"
        for module, _, names in (line.partition(":") for line in _NAMES.strip().splitlines())
        for name in names.split()
    )
