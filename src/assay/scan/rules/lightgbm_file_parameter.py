"""A LightGBM model's parameters name files or machines.

## Why it matters

The parameters a model was trained with are stored in it and taken up again when training goes on from it: files are
then read from the paths that stand there, and machines connected to.

## Example

``[machine_list_filename: ../../hosts.txt]``

## Remedy

Give the parameters anew when you train on, instead of taking them from the model.

## References

- https://lightgbm.readthedocs.io/en/stable/Parameters.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.tree.lightgbm import LightGbm
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule

#: Parameters that a later training reads from; outputs and the training data itself it names anew.
READ: Final = frozenset(
    {"machine_list_filename", "machines", "forcedsplits_filename", "forcedbins_filename", "input_model"}
    | {"initscore_filename", "valid_data_initscores", "parser_config_file", "convert_model"}
)
#: What LightGBM stores when nothing was given.
_DEFAULTS: Final = frozenset({"", "gbdt_prediction.cpp"})


def check(view: LightGbm) -> Iterator[Hit]:
    """Yield each such parameter."""
    for key, value in view.parameters.items():
        if key in READ and value not in _DEFAULTS:
            yield Hit(f"the parameter {key} names {shown(value)}")


RULE = Rule(
    id="lightgbm-file-parameter",
    reads=LightGbm.kind,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__,
)
