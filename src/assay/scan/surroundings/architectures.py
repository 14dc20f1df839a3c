"""The shapes that a configuration's sizes ask for, of the architectures whose tensors are known by name.

A name that no line of :mod:`assay.scan.surroundings.families` knows is not judged, nor is an architecture that is none
of these, or a size that the configuration leaves to the library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from assay.scan.surroundings.families import FAMILIES, PLAIN_HEADS, PLAIN_KEYS, Axes, Family
from assay.scan.surroundings.models import Model, Outline, Section

_TEXT_PREFIXES: Final = ("language_model.model.", "model.language_model.", "language_model.")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a tensor's name and the configuration lead one to expect.

    :param pattern: the name with ``#`` for numbers
    :param axes: sizes; a negative one is a least size
    """

    pattern: str
    axes: tuple[int, ...]

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether a tensor may have this shape."""
        return len(shape) == len(self.axes) and all(
            size == axis or (axis < 0 and size >= -axis) for size, axis in zip(shape, self.axes, strict=True)
        )

    def __str__(self) -> str:
        return "[" + ", ".join(f"at least {-axis:,}" if axis < 0 else f"{axis:,}" for axis in self.axes) + "]"


def misfits(model: Model, tensors: Iterable[Outline]) -> Iterator[tuple[Outline, Expected]]:
    """Tensors whose shape is none that the configuration allows."""
    section, prefixes = _about_text(model.config)
    family = FAMILIES.get(section.text("model_type"))
    if family is None:
        return
    sizes = _sizes(section, family, flat=not prefixes)
    names = _names(section.text("model_type"), prefixes or family.prefixes)
    for tensor in tensors:
        if not tensor.real or tensor.name in model.partitioned:
            continue
        pattern = names.get(re.sub(r"(?<=\.)\d+(?=\.)", "#", tensor.name))
        expected = _expected(pattern, family.shapes[pattern], sizes) if pattern else None
        if expected is not None and not expected.fits(tensor.shape):
            yield tensor, expected


def _about_text(config: Section) -> tuple[Section, tuple[str, ...]]:
    """The section about the language model, and the prefixes of its tensors when it is a part of a larger one."""
    part = config.below("text_config", "llm_config", "language_config")
    return (part, _TEXT_PREFIXES) if part is not None else (config, ())


@cache
def _names(kind: str, prefixes: tuple[str, ...]) -> dict[str, str]:
    """Every name that a tensor of the family may have → the family's own."""
    return {prefix + name: name for name in FAMILIES[kind].shapes for prefix in prefixes}


def _sizes(section: Section, family: Family, *, flat: bool) -> dict[str, int]:
    found = {name: size for name, keys in family.keys.items() if (size := section.whole(*keys)) is not None}
    kind = section.text("model_type")
    if flat and "N" in found and "H" in found:
        if kind in PLAIN_HEADS and section.entries.get("head_dim") is None and found["H"] % found["N"] == 0:
            found["D"] = found["H"] // found["N"]
        if kind in PLAIN_KEYS and section.entries.get("num_key_value_heads") is None:
            found["K"] = found["N"]
    if kind == "gpt2" and "H" in found and section.entries.get("n_inner") is None:
        found["I"] = 4 * found["H"]
    return found


def _expected(pattern: str, axes: Axes, sizes: dict[str, int]) -> Expected | None:
    """``None`` when the configuration does not state a size."""
    found: list[int] = []
    for axis in axes:
        total = 0
        for term in axis.removesuffix("≥").split("+"):
            factors = [sizes.get(name) for name in term.split("*")]
            product = 1
            for factor in factors:
                if factor is None:
                    return None
                product *= factor
            total += product
        found.append(-total if axis.endswith("≥") else total)
    return Expected(pattern, tuple(found))
