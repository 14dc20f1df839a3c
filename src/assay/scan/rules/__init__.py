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
    "bomb": ("reader_bomb",),
    # Pickles
    "pickle": (
        "joblib_external_file",
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
        "pickle_secret",
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
        "gguf_inconsistent_sizes",
        "gguf_length_overflow",
        "gguf_metadata_code",
        "gguf_out_of_range",
        "gguf_overlapping_tensors",
        "gguf_unknown_type",
    ),
    "npy": (
        "numpy_header_expression",
        "numpy_object_array",
        "numpy_size_mismatch",
        "numpy_trailing_data",
    ),
    "msgpack": (
        "flax_pickled_array",
        "flax_unknown_extension",
    ),
    "torch": (
        "torch_export_unsafe_target",
        "torch_native_code",
        "torch_packaged_code",
        "torch_storage_mismatch",
        "torch_unreferenced_entry",
        "torchscript_custom_class",
        "torchscript_file_access",
        "torchscript_foreign_code",
    ),
    "torch-legacy": (
        "torch_legacy_computed_magic",
        "torch_legacy_hidden_data",
    ),
    "comparison": (
        "weights_different_structure",
        "weights_isolated_change",
        "weights_low_rank_change",
    ),
    "weights": (
        "weights_embedded_payload",
        "weights_hidden_low_bits",
        "weights_not_a_number",
    ),
    # HDF5 and Keras
    "hdf5": (
        "hdf5_external_link",
        "hdf5_external_storage",
        "hdf5_plugin_filter",
        "hdf5_user_defined_link",
        "hdf5_virtual_dataset",
        "keras_wrong_shape",
    ),
    "keras": (
        "keras_custom_object",
        "keras_file_vocabulary",
        "keras_foreign_object",
        "keras_lambda_code",
        "keras_nested_model",
        "keras_tensorflow_operation",
        "keras_tool_function",
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
    # Other graphs
    "xml": (
        "xml_entity_bomb",
        "xml_external_entity",
    ),
    "onnx": (
        "onnx_ambiguous_tensor",
        "onnx_broken_tensor",
        "onnx_compiled_part",
        "onnx_custom_operator",
        "onnx_embedded_code",
        "onnx_external_attribute",
        "onnx_external_path_escape",
        "onnx_memory_address",
        "onnx_python_operator",
        "onnx_unknown_operator",
    ),
    "coreml": (
        "coreml_custom_code",
        "coreml_path_escape",
    ),
    "mlpackage": ("coreml_package_path_escape",),
    "openvino": (
        "openvino_bad_range",
        "openvino_custom_operation",
        "openvino_native_library",
    ),
    "paddle": (
        "paddle_embedded_code",
        "paddle_file_operator",
        "paddle_python_operator",
        "paddle_unknown_operator",
    ),
    "mxnet": (
        "mxnet_custom_operator",
        "mxnet_embedded_code",
        "mxnet_external_reference",
        "mxnet_unknown_operator",
    ),
    "layers": ("caffe_python_layer",),
    "opaque": (
        "opaque_embedded_code",
        "opaque_model",
        "opaque_native_library",
    ),
    # Trees and other small models
    "pmml": (
        "pmml_embedded_code",
        "pmml_external_function",
    ),
    "xgboost": (
        "xgboost_embedded_code",
        "xgboost_inconsistent_model",
    ),
    "lightgbm": (
        "lightgbm_embedded_code",
        "lightgbm_file_parameter",
        "lightgbm_inconsistent_tree",
        "lightgbm_stray_text",
    ),
    "catboost": (
        "catboost_embedded_code",
        "catboost_hidden_data",
    ),
    "skops": (
        "skops_confused_node",
        "skops_path_escape",
        "skops_unsafe_type",
    ),
    "r": (
        "r_dangerous_call",
        "r_promise",
        "r_startup_hook",
    ),
    "torch7": (
        "torch7_embedded_code",
        "torch7_function",
        "torch7_unknown_class",
    ),
    # Archives, programs and harmless files
    "archive": (
        "archive_bomb",
        "archive_closed_model",
        "archive_duplicate_entry",
        "archive_link_escape",
        "archive_odd_name",
        "archive_path_escape",
        "archive_program_in_model",
        "archive_special_file",
        "archive_trailing_data",
        "archive_wrong_checksum",
        "tar_size_conflict",
        "zip_false_encryption",
        "zip_header_mismatch",
        "zip_hidden_entry",
        "zip_overlapping_entries",
        "zip_prefix_data",
        "zip_several_directories",
        "zip_unsupported_compression",
        "zip_wrong_size",
    ),
    "program": (
        "program_in_disguise",
        "program_llamafile",
        "program_native_code",
    ),
    "foreign-objects": ("foreign_objects",),
    "python-bytecode": ("program_python_bytecode",),
    "script": ("program_script",),
    "plain": ("plain_appended_data",),
    # The repository around the weights
    "document": (
        "config_adapter_library",
        "config_code_in_value",
        "config_kernel_from_hub",
        "config_local_code",
        "config_path_escape",
        "config_pulls_base_model",
        "config_reads_environment",
        "config_remote_code",
        "config_starts_program",
        "config_trusts_remote_code",
        "config_unknown_target",
        "config_unsafe_target",
        "config_untrusted_index",
        "dvc_path_escape",
        "dvc_runs_command",
        "json_duplicate_key",
        "mlmodel_unknown_loader",
        "oci_bad_digest",
        "oci_path_escape",
        "yaml_alias_bomb",
        "yaml_unsafe_tag",
    ),
    "lfs-pointer": ("lfs_pointer",),
    "notebook": ("notebook_runs_hidden_code",),
    "python": (
        "python_exposes_data",
        "python_hidden_encoding",
        "python_hides_code",
        "python_runs_command",
    ),
    "repository": (
        "adapter_replaces_weights",
        "adapter_wrong_rank",
        "coreml_out_of_range",
        "index_missing_tensor",
        "index_unlisted_tensor",
        "linked_weights",
        "onnx_external_out_of_range",
        "openvino_out_of_range",
        "pickle_sibling_module",
        "repository_link_escape",
        "repository_loader_script",
        "repository_odd_name",
        "repository_remote_code",
        "tensorflow_out_of_range",
        "tfjs_out_of_range",
        "weights_extra_layers",
        "weights_wrong_shape",
        "weights_wrong_type",
    ),
    "requirements": (
        "requirements_direct_reference",
        "requirements_untrusted_index",
    ),
    "template": (
        "template_exhausts_memory",
        "template_hidden_instruction",
        "template_loads_template",
        "template_reaches_internals",
        "template_unknown_function",
    ),
    "text": (
        "gin_runs_code",
        "modelfile_fetches_model",
        "modelfile_path_escape",
        "pth_runs_code",
        "recipe_runs_download",
        "secret_in_text",
    ),
}


#: Of the rules of pickles, those that have nothing to say when nothing is fetched or called, as in mere data.
OF_CALLS: Final = frozenset({
    "pickle_allowed_callable", "pickle_alters_process", "pickle_attribute_tampering", "pickle_dangerous_name",
    "pickle_embedded_code", "pickle_executes_code", "pickle_extension_code", "pickle_file_access",
    "pickle_imports_module", "pickle_indirect_name", "pickle_loads_more_code", "pickle_network_access",
    "pickle_runs_command", "pickle_unknown_call", "pickle_unknown_class", "pickle_unknown_name",
})  # fmt: skip


@cache
def rules_for(kind: str, *, calls: bool = True) -> tuple[Rule, ...]:
    """The rules that look at views of this kind.

    :param calls: those as well that only speak of what is fetched or called
    """
    return tuple(_load(module) for module in BY_KIND.get(kind, ()) if calls or module not in OF_CALLS)


def all_rules() -> tuple[Rule, ...]:
    """Every rule, by id."""
    found = {rule.id: rule for kind in BY_KIND for rule in rules_for(kind)}
    return tuple(found[name] for name in sorted(found))


def _load(module: str) -> Rule:
    rule = importlib.import_module(f"assay.scan.rules.{module}").RULE
    assert isinstance(rule, Rule), "every module of BY_KIND has one"
    return rule
