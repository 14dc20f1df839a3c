"""Stage 5, deployment: put together what is served, in one folder with one digest.

`model.onnx` is copied byte for byte. `signature.json` says what may go in and what comes out; `MODEL_CARD.md` tells
people what the model is for and how far to trust it, with the figures that evaluation measured.
"""

import argparse
import json
import sys
from pathlib import Path

import onnxruntime

CARD = """\
# Loan approval

Estimates how likely a lender was to approve an application for a home loan, from {width} facts about the loan and the
applicant's credit. A logistic regression in ONNX, trained on {train} applications made in Boston in 1990.

## Use

A worked example of a pipeline whose every step can be proved. Do not decide about people with it: it repeats decisions
made in 1990, the unfair ones among them.

## Measured on {test} applications that it had not seen

It approves from a probability of {approve_at:g} on.

| metric | value |
| --- | ---: |
{metrics}

`approval_gap_*` is the difference between the share approved inside and outside of a group. The model never sees race,
sex, age or marriage; a gap shows that what it does see differs between the groups.

## Facts it needs

| fact | meaning | seen in training |
| --- | --- | --- |
{facts}
"""


def card(schema: dict, metrics: dict, approve_at: float) -> str:
    features = schema["features"]
    return CARD.format(
        width=len(features),
        train=schema["train"],
        test=schema["test"],
        approve_at=approve_at,
        metrics="\n".join(f"| {name} | {metrics[name]:.3f} |" for name in sorted(metrics) if name != "n"),
        facts="\n".join("| {name} | {meaning} | {minimum:.4g} to {maximum:.4g} |".format(**fact) for fact in features),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that prepare.py wrote")
    parser.add_argument("--model", type=Path, required=True, help="the ONNX file that train.py wrote")
    parser.add_argument("--metrics", type=Path, required=True, help="the JSON file that evaluate.py wrote")
    parser.add_argument("--output", type=Path, required=True, help="the folder to write into")
    parser.add_argument("--approve-at", type=float, default=0.85, help="the probability from which on to approve")
    options = parser.parse_args()

    try:
        model = options.model.read_bytes()
        schema = json.loads((options.data / "schema.json").read_bytes())
        text = card(schema, json.loads(options.metrics.read_bytes()), options.approve_at)
        (taken,) = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).get_inputs()
    except KeyError as error:
        sys.exit(f"package: {options.data} or {options.metrics} lacks {error}")
    except Exception as error:  # onnxruntime gives its errors no class in common
        sys.exit(f"package: the model cannot be packaged: {error}")
    if taken.shape[1] != len(schema["features"]):
        sys.exit(f"package: {options.model} takes {taken.shape[1]} numbers, the data has {len(schema['features'])}")

    signature = {
        "input": {"name": taken.name, "type": "float32", "columns": schema["features"]},
        "output": {"name": "probabilities", "type": "float32", "columns": ["refuse", "approve"]},
        "approve_at": options.approve_at,
    }
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "model.onnx").write_bytes(model)
    (options.output / "signature.json").write_text(json.dumps(signature, indent=2, sort_keys=True) + "\n", "utf-8")
    (options.output / "MODEL_CARD.md").write_text(text, encoding="utf-8")
    print(f"packaged {len(model)} bytes of model")


if __name__ == "__main__":
    main()
