"""One rule, one file. They are imported by the kind of view that was met, so that a scan pays for what it meets."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Final

from assay.scan.rule import Rule

#: Kind of view → the modules of its rules, in the order of their ids.
BY_KIND: Final[dict[str, tuple[str, ...]]] = {
    # Names and folders
    "named": ("disguised_file",),
    # Pickles
    "pickle": (
        "pickle_allowed_callable",
        "pickle_alters_process",
        "pickle_attribute_tampering",
        "pickle_dangerous_name",
        "pickle_embedded_code",
        "pickle_executes_code",
        "pickle_expansion_bomb",
        "pickle_extension_code",
        "pickle_file_access",
        "pickle_imports_module",
        "pickle_indirect_name",
        "pickle_loads_more_code",
        "pickle_network_access",
        "pickle_runs_command",
        "pickle_trailing_data",
        "pickle_unknown_call",
        "pickle_unknown_class",
        "pickle_unknown_name",
    ),
    # Raw numbers
    "safetensors": (
        "safetensors_duplicate_key",
        "safetensors_header_bloat",
        "safetensors_hidden_data",
        "safetensors_malformed_entry",
        "safetensors_metadata_code",
        "safetensors_out_of_range",
        "safetensors_overlapping_tensors",
        "safetensors_size_mismatch",
        "safetensors_unknown_dtype",
    ),
    "gguf": (
        "gguf_bad_alignment",
        "gguf_dimension_overflow",
        "gguf_duplicate_name",
        "gguf_hidden_data",
        "gguf_length_overflow",
        "gguf_metadata_code",
        "gguf_out_of_range",
        "gguf_overlapping_tensors",
        "gguf_unknown_type",
    ),
    "npy": (
        "numpy_object_array",
        "numpy_size_mismatch",
        "numpy_trailing_data",
    ),
    "msgpack": (
        "flax_pickled_array",
        "flax_unknown_extension",
    ),
    "weights": (
        "weights_embedded_payload",
        "weights_hidden_low_bits",
        "weights_not_a_number",
    ),
    # TensorFlow and its mobile formats
    "tensorflow": (
        "tensorflow_asset_escape",
        "tensorflow_companion_library",
        "tensorflow_data_access",
        "tensorflow_file_access",
        "tensorflow_fixed_path",
        "tensorflow_hidden_graph",
        "tensorflow_native_call",
        "tensorflow_network_access",
        "tensorflow_process_end",
        "tensorflow_python_call",
        "tensorflow_unknown_operation",
    ),
    "tflite": (
        "tflite_custom_operator",
        "tflite_external_file",
        "tflite_flex_operation",
        "tflite_out_of_range",
    ),
    "executorch": (
        "executorch_native_delegate",
        "executorch_out_of_range",
        "executorch_unknown_code",
    ),
}


@cache
def rules_for(kind: str) -> tuple[Rule, ...]:
    """The rules that look at views of this kind."""
    return tuple(_load(module) for module in BY_KIND.get(kind, ()))


def all_rules() -> tuple[Rule, ...]:
    """Every rule, by id."""
    found = {rule.id: rule for kind in BY_KIND for rule in rules_for(kind)}
    return tuple(found[name] for name in sorted(found))


def _load(module: str) -> Rule:
    rule = importlib.import_module(f"assay.scan.rules.{module}").RULE
    assert isinstance(rule, Rule), "every module of BY_KIND has one"
    return rule
