"""Weights against the configuration, the index and the metadata that come with them: only what they say, no numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assay.core.finding import Severity
from assay.formats.budget import Budget
from assay.formats.repository import json_document
from assay.formats.source import Memory
from assay.formats.view import Fact, outline
from assay.scan.cache import Cache
from assay.scan.repository import Repository
from assay.scan.rules import rules_for
from assay.scan.scanner import scan
from assay.scan.settings import Settings
from assay.scan.surroundings.models import numbered

Tensors = dict[str, tuple[int, ...]]
Check = Callable[..., dict[str, Severity]]
WEIGHTS = "m/model.safetensors"


def said(document: object, name: str) -> tuple[Fact, ...]:
    """What the reader of documents says of this one."""
    return tuple(json_document.read(Memory(json.dumps(document).encode()), Budget(), name).facts())


def outlined(tensors: Tensors, dtype: str = "bfloat16") -> tuple[Fact, ...]:
    """What a file of weights says of itself."""
    return tuple(outline((name, dtype, shape) for name, shape in tensors.items()))


@pytest.fixture
def check() -> Check:
    """Rule → its worst severity, for documents and files of weights in one folder."""

    def found(
        documents: dict[str, object], weights: dict[str, Tensors], dtype: str = "bfloat16", **other: tuple[Fact, ...]
    ) -> dict[str, Severity]:
        facts = {f"m/{name}": said(document, name) for name, document in documents.items()}
        formats: dict[str, tuple[str, ...]] = dict.fromkeys(facts, ("json", "text"))
        for path, tensors in weights.items():
            facts[path], formats[path] = outlined(tensors, dtype), ("safetensors",)
        facts |= other
        view = Repository(tuple(sorted(facts)), facts, formats)
        worst: dict[str, Severity] = {}
        for rule in rules_for("repository"):
            for hit in rule.check(view):
                assert hit.member in view.paths
                severity = rule.severity if hit.severity is None else hit.severity
                worst[rule.id] = max(worst.get(rule.id, Severity.INFO), severity)
        return worst

    return found


def llama_like(
    hidden: int, inner: int, heads: int, keys: int, width: int, words: int, layers: int, prefix: str = "model."
) -> Tensors:
    """The tensors of Llama and its kin."""
    found: Tensors = {f"{prefix}embed_tokens.weight": (words, hidden), f"{prefix}norm.weight": (hidden,)}
    for layer in range(layers):
        here = f"{prefix}layers.{layer}."
        found |= {
            f"{here}self_attn.q_proj.weight": (heads * width, hidden),
            f"{here}self_attn.k_proj.weight": (keys * width, hidden),
            f"{here}self_attn.v_proj.weight": (keys * width, hidden),
            f"{here}self_attn.o_proj.weight": (hidden, heads * width),
            f"{here}self_attn.q_proj.bias": (heads * width,),
            f"{here}mlp.gate_proj.weight": (inner, hidden),
            f"{here}mlp.up_proj.weight": (inner, hidden),
            f"{here}mlp.down_proj.weight": (hidden, inner),
            f"{here}input_layernorm.weight": (hidden,),
        }
    return found


def layered(stack: str, layers: int, inside: Tensors, around: Tensors) -> Tensors:
    """The tensors of any other stack."""
    named = {f"{stack}.{layer}.{name}": shape for layer in range(layers) for name, shape in inside.items()}
    return named | around


LLAMA3 = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336,
    "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8, "vocab_size": 128256,
    "torch_dtype": "bfloat16", "tie_word_embeddings": False, "rope_theta": 500000.0,
}  # fmt: skip
LLAMA3_TENSORS = llama_like(4096, 14336, 32, 8, 128, 128256, 32) | {"lm_head.weight": (128256, 4096)}
DEEPSEEK_LAYER: Tensors = {
    "self_attn.q_a_proj.weight": (1536, 7168), "self_attn.kv_a_proj_with_mqa.weight": (576, 7168),
    "self_attn.o_proj.weight": (7168, 16384), "mlp.gate.weight": (256, 7168),
    "mlp.experts.7.gate_proj.weight": (2048, 7168), "mlp.experts.7.down_proj.weight": (7168, 2048),
    "mlp.shared_experts.gate_proj.weight": (2048, 7168),
}  # fmt: skip
GEMMA3_TEXT = {
    "model_type": "gemma3_text", "hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 34,
    "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "sliding_window": 1024,
}  # fmt: skip

#: Configurations as published, and the tensors that the architecture has.
HONEST: list[tuple[str, dict[str, object], Tensors, str]] = [
    ("llama 3 8b", LLAMA3, LLAMA3_TENSORS, "bfloat16"),
    ("llama 1, without a number of key heads",
     {"model_type": "llama", "hidden_size": 4096, "intermediate_size": 11008, "num_attention_heads": 32,
      "num_hidden_layers": 32, "vocab_size": 32000, "torch_dtype": "float16"},
     llama_like(4096, 11008, 32, 32, 128, 32000, 32) | {"model.layers.0.self_attn.rotary_emb.inv_freq": (64,)},
     "float16"),
    ("a fine-tune with two more tokens", {**LLAMA3, "torch_dtype": "bfloat16"},
     {**LLAMA3_TENSORS, "model.embed_tokens.weight": (128258, 4096), "lm_head.weight": (128258, 4096)}, "bfloat16"),
    ("mistral nemo, whose heads are narrower",
     {"model_type": "mistral", "hidden_size": 5120, "intermediate_size": 14336, "num_attention_heads": 32,
      "num_hidden_layers": 40, "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 131072},
     llama_like(5120, 14336, 32, 8, 128, 131072, 40), "bfloat16"),
    ("qwen 2 7b",
     {"model_type": "qwen2", "hidden_size": 3584, "intermediate_size": 18944, "num_attention_heads": 28,
      "num_hidden_layers": 28, "num_key_value_heads": 4, "vocab_size": 152064, "max_window_layers": 28},
     llama_like(3584, 18944, 28, 4, 128, 152064, 28), "bfloat16"),
    ("gemma 2b, tied",
     {"model_type": "gemma", "hidden_size": 2048, "intermediate_size": 16384, "num_attention_heads": 8,
      "num_hidden_layers": 18, "num_key_value_heads": 1, "head_dim": 256, "vocab_size": 256000},
     llama_like(2048, 16384, 8, 1, 256, 256000, 18), "bfloat16"),
    ("gemma 3 4b, with a part that sees",
     {"model_type": "gemma3", "text_config": GEMMA3_TEXT, "torch_dtype": "bfloat16",
      "vision_config": {"model_type": "siglip_vision_model", "hidden_size": 1152, "num_hidden_layers": 27}},
     llama_like(2560, 10240, 8, 4, 256, 262208, 34, "language_model.model.")
     | layered("vision_tower.vision_model.encoder.layers", 27, {"self_attn.q_proj.weight": (1152, 1152)}, {}),
     "bfloat16"),
    ("llava 1.5, whose text part leaves its sizes to the library",
     {"model_type": "llava", "text_config": {"model_type": "llama", "vocab_size": 32064},
      "vision_config": {"model_type": "clip_vision_model", "num_hidden_layers": 24, "hidden_size": 1024}},
     llama_like(4096, 11008, 32, 32, 128, 32064, 32, "language_model.model."), "float16"),
    ("mixtral",
     {"model_type": "mixtral", "hidden_size": 4096, "intermediate_size": 14336, "num_attention_heads": 32,
      "num_hidden_layers": 32, "num_key_value_heads": 8, "num_local_experts": 8, "vocab_size": 32000},
     layered("model.layers", 32, {
         "block_sparse_moe.gate.weight": (8, 4096), "block_sparse_moe.experts.7.w1.weight": (14336, 4096),
         "block_sparse_moe.experts.7.w2.weight": (4096, 14336), "self_attn.k_proj.weight": (1024, 4096)},
         {"model.embed_tokens.weight": (32000, 4096)}), "bfloat16"),
    ("phi 3 mini, with three in one",
     {"model_type": "phi3", "hidden_size": 3072, "intermediate_size": 8192, "num_attention_heads": 32,
      "num_hidden_layers": 32, "num_key_value_heads": 32, "vocab_size": 32064},
     layered("model.layers", 32, {
         "self_attn.qkv_proj.weight": (9216, 3072), "mlp.gate_up_proj.weight": (16384, 3072),
         "mlp.down_proj.weight": (3072, 8192), "self_attn.o_proj.weight": (3072, 3072)},
         {"model.embed_tokens.weight": (32064, 3072), "lm_head.weight": (32064, 3072)}), "bfloat16"),
    ("deepseek v3, with a layer that predicts further tokens",
     {"model_type": "deepseek_v3", "hidden_size": 7168, "intermediate_size": 18432, "moe_intermediate_size": 2048,
      "num_attention_heads": 128, "num_hidden_layers": 61, "num_nextn_predict_layers": 1, "q_lora_rank": 1536,
      "kv_lora_rank": 512, "qk_rope_head_dim": 64, "v_head_dim": 128, "vocab_size": 129280,
      "quantization_config": {"quant_method": "fp8"}, "torch_dtype": "bfloat16"},
     layered("model.layers", 62, DEEPSEEK_LAYER, {"model.embed_tokens.weight": (129280, 7168)}), "float8_e4m3fn"),
    ("gpt-2, whose matrices lie the other way round",
     {"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "n_positions": 1024, "vocab_size": 50257},
     layered("h", 12, {
         "attn.c_attn.weight": (768, 2304), "attn.c_proj.weight": (768, 768), "mlp.c_fc.weight": (768, 3072),
         "mlp.c_proj.weight": (3072, 768), "attn.bias": (1, 1, 1024, 1024)},
         {"wte.weight": (50257, 768), "wpe.weight": (1024, 768)}), "float32"),
    ("bert",
     {"model_type": "bert", "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
      "num_attention_heads": 12, "max_position_embeddings": 512, "type_vocab_size": 2, "vocab_size": 30522},
     layered("bert.encoder.layer", 12, {
         "attention.self.query.weight": (768, 768), "intermediate.dense.weight": (3072, 768),
         "output.dense.weight": (768, 3072), "attention.output.dense.weight": (768, 768)},
         {"bert.embeddings.word_embeddings.weight": (30522, 768),
          "bert.embeddings.position_embeddings.weight": (512, 768)}), "float32"),
    ("t5 small",
     {"model_type": "t5", "d_model": 512, "d_ff": 2048, "d_kv": 64, "num_heads": 8, "num_layers": 6,
      "num_decoder_layers": 6, "vocab_size": 32128},
     layered("encoder.block", 6, {
         "layer.0.SelfAttention.q.weight": (512, 512), "layer.1.DenseReluDense.wi.weight": (2048, 512)},
         layered("decoder.block", 6, {"layer.2.DenseReluDense.wo.weight": (512, 2048)},
                 {"shared.weight": (32128, 512)})), "float32"),
    ("vit",
     {"model_type": "vit", "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "patch_size": 16},
     layered("vit.encoder.layer", 12, {
         "attention.attention.query.weight": (768, 768), "intermediate.dense.weight": (3072, 768)}, {}), "float32"),
    ("whisper tiny",
     {"model_type": "whisper", "d_model": 384, "encoder_ffn_dim": 1536, "decoder_ffn_dim": 1536,
      "encoder_layers": 4, "decoder_layers": 4, "num_hidden_layers": 4, "vocab_size": 51865},
     layered("model.encoder.layers", 4, {"fc1.weight": (1536, 384), "self_attn.q_proj.weight": (384, 384)},
             {"model.decoder.embed_tokens.weight": (51865, 384)}), "float32"),
    ("falcon 7b",
     {"model_type": "falcon", "hidden_size": 4544, "num_hidden_layers": 32, "num_attention_heads": 71,
      "multi_query": True, "vocab_size": 65024},
     layered("transformer.h", 32, {
         "self_attention.query_key_value.weight": (4672, 4544), "self_attention.dense.weight": (4544, 4544)},
         {"transformer.word_embeddings.weight": (65024, 4544)}), "bfloat16"),
    ("bloom 560m",
     {"model_type": "bloom", "n_embed": 1024, "n_layer": 24, "n_head": 16, "vocab_size": 250880},
     layered("h", 24, {
         "self_attention.query_key_value.weight": (3072, 1024), "mlp.dense_h_to_4h.weight": (4096, 1024)},
         {"word_embeddings.weight": (250880, 1024)}), "float16"),
    ("pythia",
     {"model_type": "gpt_neox", "hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 6,
      "vocab_size": 50304},
     layered("gpt_neox.layers", 6, {
         "attention.query_key_value.weight": (1536, 512), "mlp.dense_4h_to_h.weight": (512, 2048)},
         {"gpt_neox.embed_in.weight": (50304, 512)}), "float16"),
    ("opt, with narrow words",
     {"model_type": "opt", "hidden_size": 1024, "ffn_dim": 4096, "num_hidden_layers": 24,
      "word_embed_proj_dim": 512, "vocab_size": 50272},
     layered("model.decoder.layers", 24, {"fc1.weight": (4096, 1024), "self_attn.q_proj.weight": (1024, 1024)},
             {"model.decoder.embed_tokens.weight": (50272, 512)}), "float16"),
    ("a sequence whose first and last part are no layers",
     {"model_type": "mixformer-sequential", "n_layer": 2, "n_embd": 64, "vocab_size": 100},
     layered("layers", 0, {}, {
         "layers.0.wte.weight": (100, 64), "layers.1.mixer.weight": (64, 64), "layers.2.mixer.weight": (64, 64),
         "layers.3.linear.weight": (100, 64)}), "float16"),
    ("an encoder of sound, whose stack counts every step",
     {"model_type": "mimi", "hidden_size": 64, "num_hidden_layers": 2},
     layered("encoder.layers", 9, {"conv.weight": (64, 64, 3)}, {}), "float32"),
    ("speech, with an encoder that is counted on its own",
     {"model_type": "parakeet_tdt", "num_decoder_layers": 2, "encoder_config": {"num_hidden_layers": 3}},
     layered("encoder.layers", 3, {"feed_forward1.linear1.weight": (64, 64)}, {}), "float32"),
    ("blocks, of which there are as many as layers",
     {"model_type": "xlstm", "hidden_size": 64, "num_hidden_layers": 2, "num_blocks": 5},
     layered("backbone.blocks", 5, {"ffn.proj_up.weight": (64, 64)}, {}), "float32"),
    ("an architecture that nobody knows",
     {"model_type": "own", "hidden_size": 8, "vocab_size": 8}, {"model.embed_tokens.weight": (4, 4)}, "float32"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("config", "tensors", "dtype"), [case[1:] for case in HONEST], ids=[case[0] for case in HONEST]
)
def test_an_honest_model_gives_nothing(check: Check, config: dict[str, object], tensors: Tensors, dtype: str) -> None:
    """Weights as their library writes them, beside the configuration it writes with them."""
    assert not check({"config.json": config}, {WEIGHTS: tensors}, dtype)


def _bent() -> Iterator[tuple[str, dict[str, object], Tensors]]:
    """One wrong size in models that are right otherwise."""
    for title, config, tensors, _ in HONEST[:-5]:
        if "leaves its sizes" in title or "two more" in title:
            continue
        name = next(name for name in tensors if "proj" in name or "dense" in name or "query" in name or ".c_" in name
                    or "block" in name or "fc1" in name)  # fmt: skip
        if title.startswith("falcon"):
            name = "transformer.h.3.self_attention.dense.weight"
        shape = tensors[name]
        yield title, config, {**tensors, name: (shape[0], shape[1] - 1)}


BENT = list(_bent())


@pytest.mark.parametrize(("config", "tensors"), [case[1:] for case in BENT], ids=[case[0] for case in BENT])
def test_a_tensor_of_another_size_is_found(check: Check, config: dict[str, object], tensors: Tensors) -> None:
    """In every architecture that is known."""
    assert check({"config.json": config}, {WEIGHTS: tensors})["weights-wrong-shape"] is Severity.MEDIUM


def test_fewer_rows_than_words_are_found(check: Check) -> None:
    """A token beyond the last row would be read from beside the matrix."""
    tensors = {**LLAMA3_TENSORS, "model.embed_tokens.weight": (128000, 4096)}
    assert "weights-wrong-shape" in check({"config.json": LLAMA3}, {WEIGHTS: tensors})


def test_packed_numbers_and_pieces_are_not_judged(check: Check) -> None:
    """Quantised weights have shapes of their own; so have the parts of a tensor that several files share."""
    narrow = {name: (*shape[:-1], shape[-1] // 8 or 1) for name, shape in LLAMA3_TENSORS.items()}
    assert not check({"config.json": {**LLAMA3, "quantization": {"bits": 4}}}, {WEIGHTS: narrow}, "uint32")
    shards = {f"m/model-rank-{rank}.safetensors": narrow for rank in range(8)}
    assert not check({"config.json": LLAMA3}, shards)


def test_layers_beyond_the_count_are_found(check: Check) -> None:
    """Of a model on its own, and of the language part of one that sees."""
    more = llama_like(4096, 14336, 32, 8, 128, 128256, 33)
    assert check({"config.json": LLAMA3}, {WEIGHTS: more}) == {"weights-extra-layers": Severity.MEDIUM}
    title, config, _, _ = HONEST[6]
    assert title.startswith("gemma 3")
    more = llama_like(2560, 10240, 8, 4, 256, 262208, 35, "language_model.model.")
    assert check({"config.json": config}, {WEIGHTS: more}) == {"weights-extra-layers": Severity.MEDIUM}


@pytest.mark.parametrize("title", ["whisper tiny", "t5 small", "gpt-2, whose", "bert", "vit", "opt, with"])
def test_a_layer_too_many_is_found_in_every_kind_of_stack(check: Check, title: str) -> None:
    """The last layer once more, under the next number."""
    config, tensors = next(case[1:3] for case in HONEST if case[0].startswith(title))
    last = max((found for name in tensors if (found := numbered(name))), key=lambda found: found[1])
    more = {name.replace(f".{last[1]}.", f".{last[1] + 1}.", 1): shape for name, shape in tensors.items()}
    found = check({"config.json": config}, {WEIGHTS: tensors | more}, "float32")
    assert found == {"weights-extra-layers": Severity.MEDIUM}


def test_fewer_layers_are_a_part_of_a_model(check: Check) -> None:
    """One shard of many; others may not have been fetched."""
    few = llama_like(4096, 14336, 32, 8, 128, 128256, 3)
    assert not check({"config.json": LLAMA3}, {WEIGHTS: few})


def test_another_type_is_told_in_a_low_voice(check: Check) -> None:
    """Narrower than said is worth more words than wider, and what is quantised is no news."""
    small: Tensors = {"x": (64, 64)}
    config = {"model_type": "own", "torch_dtype": "float32"}
    assert check({"config.json": config}, {WEIGHTS: small}, "float16") == {"weights-wrong-type": Severity.LOW}
    config = {"model_type": "own", "dtype": "bfloat16"}
    assert check({"config.json": config}, {WEIGHTS: small}, "float32") == {"weights-wrong-type": Severity.INFO}
    config = {"model_type": "own", "dtype": "bfloat16", "quantization_config": {"quant_method": "fp8"}}
    assert not check({"config.json": config}, {WEIGHTS: small}, "float8_e4m3fn")


FIRST, SECOND = "m/model-00001-of-00002.safetensors", "m/model-00002-of-00002.safetensors"
SHARDS: dict[str, Tensors] = {
    FIRST: {"a.weight": (4, 4), "b.weight": (4, 4), "c.weight": (4, 4)},
    SECOND: {"d.weight": (4, 4), "e.weight": (4, 4), "f.weight": (4, 4)},
}


def index_of(shards: dict[str, Tensors], total: int = 192) -> dict[str, object]:
    """An index as ``save_pretrained`` writes it."""
    placed = {name: path.removeprefix("m/") for path, names in shards.items() for name in names}
    return {"metadata": {"total_size": total}, "weight_map": placed}


def test_an_index_that_fits_gives_nothing(check: Check) -> None:
    """Also with shards that are not there, and with what libraries compute anew."""
    assert not check({"model.safetensors.index.json": index_of(SHARDS)}, SHARDS)
    assert not check({"model.safetensors.index.json": index_of(SHARDS)}, {FIRST: SHARDS[FIRST]})
    computed = {FIRST: {**SHARDS[FIRST], "h.0.attn.bias": (1, 1)}, SECOND: SHARDS[SECOND]}
    assert not check({"model.safetensors.index.json": index_of(SHARDS, 194)}, computed)


def test_a_tensor_that_the_index_does_not_know_is_found(check: Check) -> None:
    """Or that it places in another shard: which of the two counts depends on the loader."""
    for name in ("g.weight", "a.weight"):
        shards = {FIRST: SHARDS[FIRST], SECOND: {**SHARDS[SECOND], name: (4, 4)}}
        found = check({"model.safetensors.index.json": index_of(SHARDS, 224)}, shards)
        assert found == {"index-unlisted-tensor": Severity.MEDIUM}


def test_an_index_of_other_files_is_stale(check: Check) -> None:
    """After a quantisation all names differ: that is no hidden tensor."""
    shards = {FIRST: {f"{name}_packed": (2, 2) for name in SHARDS[FIRST]}}
    found = check({"model.safetensors.index.json": index_of(SHARDS)}, shards)
    assert found == {"index-unlisted-tensor": Severity.LOW, "index-missing-tensor": Severity.LOW}


def test_a_tensor_that_no_shard_has_is_told(check: Check) -> None:
    """Loaders make it up at random."""
    shards = {FIRST: SHARDS[FIRST], SECOND: {"d.weight": (4, 4), "e.weight": (4, 4)}}
    found = check({"model.safetensors.index.json": index_of(SHARDS, 160)}, shards)
    assert found == {"index-missing-tensor": Severity.LOW}


def test_a_wrong_sum_is_mentioned(check: Check) -> None:
    """Many are wrong, as nobody reads them."""
    found = check({"model.safetensors.index.json": index_of(SHARDS, 1)}, SHARDS)
    assert found == {"index-missing-tensor": Severity.INFO}


ADAPTER = {"peft_type": "LORA", "r": 8, "lora_alpha": 16, "rank_pattern": {"k_proj": 4}, "modules_to_save": None}
ADAPTER_WEIGHTS = "m/adapter_model.safetensors"
_AT = "base_model.model.model.layers.0.self_attn."
LORA: Tensors = {
    f"{_AT}q_proj.lora_A.weight": (8, 64), f"{_AT}q_proj.lora_B.weight": (64, 8),
    f"{_AT}k_proj.lora_A.default.weight": (4, 64), f"{_AT}k_proj.lora_B.default.weight": (64, 4),
    "base_model.model.lm_head.weight": (100, 64), "base_model.model.model.embed_tokens.weight": (100, 64),
}  # fmt: skip


def test_an_adapter_that_fits_gives_nothing(check: Check) -> None:
    """With a rank of its own for some modules, embeddings that PEFT saves unasked, and a base model beside it."""
    assert not check({"adapter_config.json": ADAPTER}, {ADAPTER_WEIGHTS: LORA}, "float32")
    assert not check({"adapter_config.json": ADAPTER, "config.json": LLAMA3}, {ADAPTER_WEIGHTS: LORA})
    saved = {**ADAPTER, "modules_to_save": ["up_proj"]}
    tensors = {**LORA, "base_model.model.model.layers.1.mlp.up_proj.weight": (64, 64)}
    assert not check({"adapter_config.json": saved}, {ADAPTER_WEIGHTS: tensors})


@pytest.mark.parametrize("name", [f"{_AT}v_proj.lora_A.weight", f"{_AT}v_proj.lora_B.weight"])
def test_an_adapter_of_another_rank_is_found(check: Check, name: str) -> None:
    """Whichever of the two matrices shows it."""
    found = check({"adapter_config.json": ADAPTER}, {ADAPTER_WEIGHTS: {**LORA, name: (64, 64)}})
    assert found == {"adapter-wrong-rank": Severity.MEDIUM}


def test_an_adapter_that_replaces_weights_is_found(check: Check) -> None:
    """A whole matrix of the base model under its own name."""
    tensors = {**LORA, "base_model.model.model.layers.3.mlp.down_proj.weight": (64, 64)}
    found = check({"adapter_config.json": ADAPTER}, {ADAPTER_WEIGHTS: tensors})
    assert found == {"adapter-replaces-weights": Severity.MEDIUM}


def test_only_the_configuration_of_its_folder_counts(check: Check) -> None:
    """Two configurations of which none is ``config.json`` say nothing, nor does one in another folder."""
    wrong: Tensors = {"model.embed_tokens.weight": (4, 4)}
    assert check({"config.json": LLAMA3}, {WEIGHTS: wrong})
    assert not check({"config.json": LLAMA3}, {"n/model.safetensors": wrong})
    assert not check({"a.json": LLAMA3, "b.json": LLAMA3}, {WEIGHTS: wrong})
    assert check({"config.json": LLAMA3, "b.json": {"model_type": "own"}}, {WEIGHTS: wrong})


@pytest.mark.parametrize(
    "document",
    [
        {"weight_map": {"a": 1, "b": None}}, {"weight_map": {"a": "x"}, "metadata": {"total_size": "x"}},
        {"model_type": "llama", "hidden_size": -1, "num_attention_heads": 0}, {"model_type": "gpt2", "n_embd": True},
        {"model_type": "llama", "text_config": []}, {"peft_type": "LORA", "r": "8"}, {"weightsManifest": [{}, 1]},
        {"weightsManifest": [{"paths": ["a"], "weights": [{"shape": "x"}]}]}, {"model_type": "x" * 100_000},
    ],
)  # fmt: skip
def test_odd_documents_break_nothing(check: Check, document: dict[str, object]) -> None:
    """Whatever stands where a number should."""
    check({"config.json": document}, {WEIGHTS: LLAMA3_TENSORS, "m/x": LORA})


def test_a_folder_on_disk_is_judged(tmp_path: Path) -> None:
    """From the bytes to the finding, with a result that was kept as well."""
    header = json.dumps(
        {"model.embed_tokens.weight": {"dtype": "BF16", "shape": [4, 8], "data_offsets": [0, 64]}}
    ).encode()
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(64))
    (tmp_path / "m" / "config.json").write_text(json.dumps({"model_type": "llama", "hidden_size": 8, "vocab_size": 5}))
    for _ in range(2):
        cache = Cache(tmp_path / "cache", "rules")
        findings, unknown, _ = scan([str(tmp_path / "m")], Settings(), cache=cache, jobs=1)
        assert [(found.rule, found.path.rpartition("/")[2]) for found in findings] == [
            ("weights-wrong-shape", "model.safetensors")
        ]
        assert not unknown
