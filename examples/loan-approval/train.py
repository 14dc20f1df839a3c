"""Stage 3, training: fit a logistic regression and export it to ONNX.

Gradient boosting ranked no better on these fourteen facts (README.md has the figures), and a linear model can tell an
applicant why. ONNX holds numbers and operators but no code, so that loading the model later runs nothing but the model.
"""

import argparse
import json
import sys
from pathlib import Path

import pandas
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler


def fit(table: pandas.DataFrame, names: list[str], label: str, *, inverse_penalty: float) -> Pipeline:
    model = make_pipeline(
        SimpleImputer(strategy="median"),
        StandardScaler(),
        # This solver draws no random numbers and converges far below the precision that ONNX keeps: the exported file
        # has the same bytes each time, however many threads add up the sums.
        LogisticRegression(C=inverse_penalty, solver="newton-cholesky", tol=1e-10),
    )
    return model.fit(table[names].to_numpy(), table[label].to_numpy())


def export(model: Pipeline, width: int) -> bytes:
    exported = to_onnx(
        model,
        name="loan-approval",
        initial_types=[("applicant", FloatTensorType([None, width]))],
        options={"zipmap": False},
        target_opset={"": 17, "ai.onnx.ml": 3},
    )
    return exported.SerializeToString(deterministic=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that prepare.py wrote")
    parser.add_argument("--output", type=Path, required=True, help="the ONNX file to write")
    parser.add_argument("--inverse-penalty", type=float, default=1.0, help="C of the logistic regression")
    options = parser.parse_args()

    try:
        schema = json.loads((options.data / "schema.json").read_bytes())
        names = [feature["name"] for feature in schema["features"]]
        table = pandas.read_csv(options.data / "train.csv", usecols=[*names, schema["label"]])
        model = fit(table, names, schema["label"], inverse_penalty=options.inverse_penalty)
    except KeyError as error:
        sys.exit(f"train: {options.data} lacks {error}")
    except (OSError, ValueError) as error:
        sys.exit(f"train: {options.data} cannot be used: {error}")

    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_bytes(export(model, len(names)))
    print(f"trained on {len(table)} applications and {len(names)} facts about each")


if __name__ == "__main__":
    main()
