"""Stage 6, deployment: serve the model, but only the bytes that were proved.

`load_verified` checks the folder against its signed provenance and the policy and returns the bytes that it checked.
They go straight to the runtime and are not read from the disk again, so nobody can swap them in between.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy
import onnxruntime

import assay


def row(applicant: dict, columns: list[dict]) -> list[float]:
    """The applicant's facts in the model's order. `null` means not known; a fact the model never saw is refused."""
    values = []
    for column in columns:
        name, value = column["name"], applicant[column["name"]]
        if value is not None and not column["minimum"] <= value <= column["maximum"]:
            raise ValueError(f"{name} = {value} lies outside {column['minimum']:.4g} to {column['maximum']:.4g}")
        values.append(numpy.nan if value is None else value)
    return values


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="model", help="the folder that package.py wrote")
    parser.add_argument("--policy", default="policy.toml", help="what must be proved before the model is served")
    parser.add_argument("--applicant", type=Path, required=True, help="the facts about one applicant, as JSON")
    parser.add_argument("--output", type=Path, required=True, help="the JSON file to write")
    options = parser.parse_args()

    try:
        files = assay.load_verified(options.model, policy=options.policy)
    except assay.Error as error:
        sys.exit(f"deploy: the model is not served: {error}")

    signature = json.loads(files["signature.json"])
    session = onnxruntime.InferenceSession(files["model.onnx"], providers=["CPUExecutionProvider"])
    try:
        facts = row(json.loads(options.applicant.read_bytes()), signature["input"]["columns"])
    except KeyError as error:
        sys.exit(f"deploy: {options.applicant} lacks {error}")
    except (OSError, TypeError, ValueError) as error:
        sys.exit(f"deploy: {options.applicant} cannot be used: {error}")
    given = {signature["input"]["name"]: numpy.array([facts], dtype=numpy.float32)}
    (probabilities,) = session.run([signature["output"]["name"]], given)
    probability = float(probabilities[0, 1])

    decision = "approve" if probability >= signature["approve_at"] else "refer to a person"
    answer = {"approval_probability": round(probability, 4), "decision": decision}
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(answer, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"probability of approval {probability:.1%}: {decision}")


if __name__ == "__main__":
    main()
