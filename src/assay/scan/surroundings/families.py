"""How architectures call their tensors, and which sizes of the configuration make up the shape of each.

Sources: the ``configuration_*.py`` and ``modeling_*.py`` of transformers. What is not listed is not judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

#: Of each axis names of sizes that are multiplied, ``+`` between what is added; with ``≥`` at its end more is fine.
Axes = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """Architectures that call their tensors alike.

    :param keys: size → keys of the configuration that state it, the first that is there counts
    :param shapes: name of a tensor, ``#`` for any number → axes
    :param prefixes: what may stand before the names
    """

    keys: Mapping[str, tuple[str, ...]]
    shapes: Mapping[str, Axes]
    prefixes: tuple[str, ...] = ("", "model.")


_COMMON: Final = {
    "V": ("vocab_size",), "H": ("hidden_size",), "I": ("intermediate_size",), "N": ("num_attention_heads",),
    "K": ("num_key_value_heads",), "D": ("head_dim",), "E": ("num_local_experts",),
    "M": ("moe_intermediate_size",), "KV": ("kv_lora_rank",), "QL": ("q_lora_rank",), "R": ("qk_rope_head_dim",),
    "VD": ("v_head_dim",), "P": ("max_position_embeddings",),
}  # fmt: skip
_ENDS: Final[dict[str, Axes]] = {
    "embed_tokens.weight": ("V≥", "H"),
    "lm_head.weight": ("V≥", "H"),
    "norm.weight": ("H",),
}
_ATTENTION: Final[dict[str, Axes]] = {
    "layers.#.self_attn.q_proj.weight": ("N*D", "H"),
    "layers.#.self_attn.k_proj.weight": ("K*D", "H"),
    "layers.#.self_attn.v_proj.weight": ("K*D", "H"),
    "layers.#.self_attn.o_proj.weight": ("H", "N*D"),
    "layers.#.input_layernorm.weight": ("H",),
}
_GATED: Final[dict[str, Axes]] = {
    "layers.#.mlp.gate_proj.weight": ("I", "H"),
    "layers.#.mlp.up_proj.weight": ("I", "H"),
    "layers.#.mlp.down_proj.weight": ("H", "I"),
}
_LLAMA: Final = Family(_COMMON, _ENDS | _ATTENTION | _GATED)
_MIXTRAL: Final = Family(
    _COMMON,
    _ENDS | _ATTENTION | {
        "layers.#.block_sparse_moe.gate.weight": ("E", "H"),
        "layers.#.block_sparse_moe.experts.#.w1.weight": ("I", "H"),
        "layers.#.block_sparse_moe.experts.#.w2.weight": ("H", "I"),
        "layers.#.block_sparse_moe.experts.#.w3.weight": ("I", "H"),
    },
)  # fmt: skip
_PHI3: Final = Family(
    _COMMON,
    _ENDS | {
        "layers.#.self_attn.qkv_proj.weight": ("N*D+K*D+K*D", "H"),
        "layers.#.self_attn.o_proj.weight": ("H", "N*D"),
        "layers.#.mlp.gate_up_proj.weight": ("I+I", "H"),
        "layers.#.mlp.down_proj.weight": ("H", "I"),
    },
)  # fmt: skip
_DEEPSEEK: Final = Family(
    _COMMON,
    _ENDS | {
        "layers.#.self_attn.q_a_proj.weight": ("QL", "H"),
        "layers.#.self_attn.kv_a_proj_with_mqa.weight": ("KV+R", "H"),
        "layers.#.self_attn.o_proj.weight": ("H", "N*VD"),
        "layers.#.mlp.gate_proj.weight": ("I", "H"),
        "layers.#.mlp.down_proj.weight": ("H", "I"),
        "layers.#.mlp.experts.#.gate_proj.weight": ("M", "H"),
        "layers.#.mlp.experts.#.down_proj.weight": ("H", "M"),
    },
)  # fmt: skip
_GPT2: Final = Family(
    {"V": ("vocab_size",), "H": ("n_embd",), "I": ("n_inner",), "P": ("n_positions",)},
    {
        "wte.weight": ("V≥", "H"), "lm_head.weight": ("V≥", "H"), "wpe.weight": ("P", "H"), "ln_f.weight": ("H",),
        "h.#.attn.c_attn.weight": ("H", "H+H+H"), "h.#.attn.c_proj.weight": ("H", "H"),
        "h.#.mlp.c_fc.weight": ("H", "I"), "h.#.mlp.c_proj.weight": ("I", "H"),
    },
    ("", "transformer."),
)  # fmt: skip
_BERT: Final = Family(
    _COMMON | {"T": ("type_vocab_size",)},
    {
        "embeddings.word_embeddings.weight": ("V≥", "H"), "embeddings.position_embeddings.weight": ("P", "H"),
        "embeddings.token_type_embeddings.weight": ("T", "H"),
        "encoder.layer.#.attention.self.query.weight": ("H", "H"),
        "encoder.layer.#.attention.self.key.weight": ("H", "H"),
        "encoder.layer.#.attention.self.value.weight": ("H", "H"),
        "encoder.layer.#.intermediate.dense.weight": ("I", "H"), "encoder.layer.#.output.dense.weight": ("H", "I"),
    },
    ("", "bert.", "roberta.", "electra."),
)  # fmt: skip
_DISTILBERT: Final = Family(
    {"V": ("vocab_size",), "H": ("dim",), "I": ("hidden_dim",), "P": ("max_position_embeddings",)},
    {
        "embeddings.word_embeddings.weight": ("V≥", "H"), "embeddings.position_embeddings.weight": ("P", "H"),
        "transformer.layer.#.attention.q_lin.weight": ("H", "H"), "transformer.layer.#.ffn.lin1.weight": ("I", "H"),
        "transformer.layer.#.ffn.lin2.weight": ("H", "I"),
    },
    ("", "distilbert."),
)  # fmt: skip
_T5: Final = Family(
    {"V": ("vocab_size",), "H": ("d_model",), "I": ("d_ff",), "N": ("num_heads",), "D": ("d_kv",)},
    {
        "shared.weight": ("V≥", "H"), "lm_head.weight": ("V≥", "H"),
        **{
            f"{stack}.block.#.{name}": axes
            for stack in ("encoder", "decoder")
            for name, axes in {
                "layer.#.SelfAttention.q.weight": ("N*D", "H"), "layer.0.SelfAttention.k.weight": ("N*D", "H"),
                "layer.#.SelfAttention.v.weight": ("N*D", "H"), "layer.0.SelfAttention.o.weight": ("H", "N*D"),
                "layer.#.DenseReluDense.wi.weight": ("I", "H"), "layer.#.DenseReluDense.wi_0.weight": ("I", "H"),
                "layer.#.DenseReluDense.wi_1.weight": ("I", "H"), "layer.#.DenseReluDense.wo.weight": ("H", "I"),
            }.items()
        },
    },
    ("", "transformer."),
)  # fmt: skip
_BLOOM: Final = Family(
    {"V": ("vocab_size",), "H": ("hidden_size", "n_embed")},
    {
        "word_embeddings.weight": ("V≥", "H"), "lm_head.weight": ("V≥", "H"),
        "h.#.self_attention.query_key_value.weight": ("H+H+H", "H"), "h.#.self_attention.dense.weight": ("H", "H"),
        "h.#.mlp.dense_h_to_4h.weight": ("H+H+H+H", "H"), "h.#.mlp.dense_4h_to_h.weight": ("H", "H+H+H+H"),
    },
    ("", "transformer."),
)  # fmt: skip
_FALCON: Final = Family(
    {"V": ("vocab_size",), "H": ("hidden_size",)},
    {
        "word_embeddings.weight": ("V≥", "H"), "lm_head.weight": ("V≥", "H"),
        "h.#.self_attention.dense.weight": ("H", "H"),
    },
    ("", "transformer."),
)  # fmt: skip
_NEOX: Final = Family(
    _COMMON,
    {
        "embed_in.weight": ("V≥", "H"), "embed_out.weight": ("V≥", "H"),
        "layers.#.attention.query_key_value.weight": ("H+H+H", "H"), "layers.#.attention.dense.weight": ("H", "H"),
        "layers.#.mlp.dense_h_to_4h.weight": ("I", "H"), "layers.#.mlp.dense_4h_to_h.weight": ("H", "I"),
    },
    ("", "gpt_neox."),
)  # fmt: skip
_OPT: Final = Family(
    {"V": ("vocab_size",), "H": ("hidden_size",), "W": ("word_embed_proj_dim",), "I": ("ffn_dim",)},
    {
        "decoder.embed_tokens.weight": ("V≥", "W"), "decoder.layers.#.self_attn.q_proj.weight": ("H", "H"),
        "decoder.layers.#.fc1.weight": ("I", "H"), "decoder.layers.#.fc2.weight": ("H", "I"),
    },
)  # fmt: skip
_WHISPER: Final = Family(
    {"V": ("vocab_size",), "H": ("d_model",), "EI": ("encoder_ffn_dim",), "DI": ("decoder_ffn_dim",)},
    {
        "decoder.embed_tokens.weight": ("V≥", "H"), "encoder.layers.#.self_attn.q_proj.weight": ("H", "H"),
        "decoder.layers.#.self_attn.q_proj.weight": ("H", "H"), "encoder.layers.#.fc1.weight": ("EI", "H"),
        "decoder.layers.#.fc1.weight": ("DI", "H"), "encoder.layers.#.fc2.weight": ("H", "EI"),
        "decoder.layers.#.fc2.weight": ("H", "DI"),
    },
)  # fmt: skip
_VIT: Final = Family(
    _COMMON,
    {
        "encoder.layer.#.attention.attention.query.weight": ("H", "H"),
        "encoder.layer.#.intermediate.dense.weight": ("I", "H"), "encoder.layer.#.output.dense.weight": ("H", "I"),
    },
    ("", "vit.", "deit."),
)  # fmt: skip
#: ``model_type`` → its family.
FAMILIES: Final = {
    **dict.fromkeys(
        (
            "llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text", "olmo", "olmo2", "granite",
            "stablelm", "arcee", "cohere", "cohere2", "exaone4", "glm", "glm4", "gpt_oss", "granitemoe", "ministral3",
            "olmo3", "olmoe", "qwen2_moe", "qwen3_moe", "qwen2_vl_text", "qwen2_5_vl_text", "qwen3_vl_text", "seed_oss",
            "smollm3", "ernie4_5",
        ),
        _LLAMA,
    ),
    "mixtral": _MIXTRAL, "phi3": _PHI3, "deepseek_v2": _DEEPSEEK, "deepseek_v3": _DEEPSEEK, "gpt2": _GPT2,
    **dict.fromkeys(
        ("bert", "roberta", "xlm-roberta", "camembert", "megatron-bert", "big_bird", "xlm-roberta-xl", "xmod"), _BERT
    ),
    "distilbert": _DISTILBERT, "bloom": _BLOOM, "falcon": _FALCON, "gpt_neox": _NEOX, "opt": _OPT, "vit": _VIT,
    "deit": _VIT, "phimoe": _MIXTRAL, **dict.fromkeys(("t5", "mt5", "umt5", "longt5"), _T5),
    **dict.fromkeys(("whisper", "bart", "mbart", "pegasus", "m2m_100", "mvp", "plbart"), _WHISPER),
}  # fmt: skip
#: Of these a head is as wide as the hidden state divided by the heads, unless the configuration says otherwise.
PLAIN_HEADS: Final = frozenset({"llama", "mistral", "qwen2", "mixtral", "phi3", "olmo", "olmo2", "granite", "stablelm"})
#: Of these there are as many key and value heads as others, unless the configuration says otherwise.
PLAIN_KEYS: Final = frozenset({"llama", "phi3"})
