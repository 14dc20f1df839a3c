"""An exported program's graph names what no graph needs, or a size that is more than arithmetic.

## Why it matters
`torch.export.load` hands every size expression to SymPy, which evaluates it as Python, and looks up every operator by
its dotted name from `torch` on, through any module that can be reached from there. Either runs what the author of the
file wants.

## Example
`"expr_str": "__import__('os').system('…')"`; `"target": "torch.serialization.os.system"`.

## Remedy
Do not load the file. Graphs name operators (`torch.ops.aten.add.Tensor`) and sizes such as `2*s0 + 1`.

## References
`torch/_export/serde/serialize.py` in PyTorch's source; `sympy.sympify` warns of unsanitized input in its
documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tensor.torch_zip import Torch
from assay.scan.rule import Hit, Rule

#: Operators of PyTorch itself, and arithmetic on sizes.
FAMILIAR: Final = re.compile(
    r"torch\.ops\.(?:aten|prim|prims|higher_order|quantized|quantized_decomposed|torchvision|inductor|_c10d_functional|"
    r"c10d_functional|rngprims|profiler|mkldnn|_quantized|torch_attn|bundled)\.[\w.]+"
    r"|_operator\.(?:add|sub|mul|truediv|floordiv|mod|pow|neg|pos|abs|eq|ne|lt|le|gt|ge|and_|or_|not_|xor|getitem|index)"
    r"|math\.\w+|torch\.sym_\w+|torch\._sym_\w+|torch\._higher_order_ops\.[\w.]+|call_torchbind",
    re.ASCII,
)
OTHERS: Final = re.compile(r"torch\.ops\.\w+\.[\w.]+", re.ASCII)


def check(view: Torch) -> Iterator[Hit]:
    """Every such size and operator; operators of other libraries are told as that."""
    for entry, expression in view.expressions:
        message = f"loading evaluates the size expression {expression[:80]!r}, which is more than arithmetic"
        yield Hit(message, member=entry)
    for entry, target in view.operators:
        if FAMILIAR.fullmatch(target):
            continue
        if OTHERS.fullmatch(target):
            message = f"the graph calls {target[:120]!r}, an operator that a library of its own must bring"
            yield Hit(message, member=entry, severity=Severity.LOW, confidence=Confidence.MEDIUM)
        elif "." in target:
            yield Hit(f"the graph calls {target[:120]!r}, which is no operator", member=entry)


RULE = Rule(
    id="torch-export-unsafe-target",
    reads=Torch.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
