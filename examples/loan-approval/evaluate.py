"""Stage 4, evaluation: measure the exported model on applications that it has not seen.

The ONNX file is measured, not the scikit-learn object that it came from: what is served is what was tested. The report
is one flat JSON object, name to number; `assay.toml` and `policy.toml` state what the numbers must reach.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy
import onnxruntime
import pandas
from sklearn.metrics import accuracy_score, balanced_accuracy_score, brier_score_loss, roc_auc_score


def predict(model: bytes, rows: numpy.ndarray) -> numpy.ndarray:
    """The probability of approval for each row."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    _, probabilities = session.run(None, {"applicant": rows.astype(numpy.float32)})
    return probabilities[:, 1].astype(float)


def measure(table: pandas.DataFrame, label: str, groups: list[str], score: numpy.ndarray, approve_at: float) -> dict:
    truth, approved = table[label].to_numpy(), score >= approve_at
    metrics = {
        "n": len(table),
        "roc_auc": roc_auc_score(truth, score),
        "brier": brier_score_loss(truth, score),
        "accuracy": accuracy_score(truth, approved),
        "balanced_accuracy": balanced_accuracy_score(truth, approved),
        "approval_rate": approved.mean(),
    }
    for group in groups:
        inside, outside = (approved[(table[group] == value).to_numpy()] for value in (1, 0))
        metrics[f"approval_gap_{group}"] = abs(inside.mean() - outside.mean())
    return {name: value if name == "n" else round(float(value), 6) for name, value in metrics.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that prepare.py wrote")
    parser.add_argument("--model", type=Path, required=True, help="the ONNX file that train.py wrote")
    parser.add_argument("--output", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--approve-at", type=float, default=0.85, help="the probability from which on to approve")
    options = parser.parse_args()

    try:
        schema = json.loads((options.data / "schema.json").read_bytes())
        names = [feature["name"] for feature in schema["features"]]
        table = pandas.read_csv(options.data / "test.csv", usecols=[*names, schema["label"], *schema["groups"]])
        score = predict(options.model.read_bytes(), table[names].to_numpy())
        metrics = measure(table, schema["label"], schema["groups"], score, options.approve_at)
    except KeyError as error:
        sys.exit(f"evaluate: {options.data} lacks {error}")
    except Exception as error:  # onnxruntime gives its errors no class in common
        sys.exit(f"evaluate: {options.model} on {options.data} cannot be measured: {error}")

    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(metrics, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"ROC AUC {metrics['roc_auc']:.3f} on {len(table)} applications")


if __name__ == "__main__":
    main()
