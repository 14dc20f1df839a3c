"""Stage 2, data collection: choose what the model may see, mark what is missing, and split.

Left out, because it is known only once somebody has decided (a model that sees it merely copies the decision):
`action`, `reject`, `typur` (who bought the loan), `inson` (the insurer's answer), `review` (how often the file was
reviewed), and `gdlin` and `unver`, which are the underwriter's own verdicts on the file.

Left out, because it says who the applicant is or stands in for it: race, sex, age, marriage and dependants, and
everything about the neighbourhood. Four of these go into the test table alone, where evaluation measures the gap in
approvals between the groups. Training never sees them.
"""

import argparse
import json
import sys
from pathlib import Path

import pandas
from sklearn.model_selection import train_test_split

LABEL = "approve"
FEATURES = {
    "loanprc": "amount of the loan divided by the price of the home",
    "obrat": "all debts, per cent of income",
    "hrat": "housing cost, per cent of income",
    "cons": "record of consumer credit, 1 (clean) to 6 (defaults)",
    "mortg": "record of mortgage payments, 1 (never late) to 4 (often late)",
    "pubrec": "1 if ever bankrupt",
    "chist": "0 if an account is 60 days or more behind",
    "lines": "credit lines on the reports",
    "liq": "liquid assets, thousand dollars",
    "self": "1 if self-employed",
    "unem": "unemployment in the applicant's industry, per cent",
    "unit": "homes in the building",
    "prop": "kind of building, 1 to 3",
    "term": "months to repay",
}
GROUPS = ["white", "male", "married", "old"]
# The source writes "not known" as a number far outside the range of each column.
NOT_KNOWN = {"liq": 1_000_000, "lines": 999_999, "term": 999_999}


def read(path: Path) -> pandas.DataFrame:
    table = pandas.read_csv(path, usecols=[*FEATURES, LABEL, *GROUPS])
    for name, code in NOT_KNOWN.items():
        table[name] = table[name].mask(table[name] >= code)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the CSV file that collect.py wrote")
    parser.add_argument("--output", type=Path, required=True, help="the folder to write into")
    parser.add_argument("--test-share", type=float, default=0.3, help="share of the applications kept for the test")
    parser.add_argument("--seed", type=int, default=7, help="seed of the split")
    options = parser.parse_args()

    try:
        table = read(options.data)
        split = {"test_size": options.test_share, "random_state": options.seed, "stratify": table[LABEL]}
        train, test = train_test_split(table, **split)
    except (OSError, ValueError) as error:
        sys.exit(f"prepare: {options.data} cannot be used: {error}")

    features = [
        {"name": name, "meaning": meaning, "minimum": float(train[name].min()), "maximum": float(train[name].max())}
        for name, meaning in FEATURES.items()
    ]
    schema = {"features": features, "label": LABEL, "groups": GROUPS, "train": len(train), "test": len(test)}

    options.output.mkdir(parents=True, exist_ok=True)
    train[[*FEATURES, LABEL]].to_csv(options.output / "train.csv", index=False, lineterminator="\n")
    test[[*FEATURES, LABEL, *GROUPS]].to_csv(options.output / "test.csv", index=False, lineterminator="\n")
    (options.output / "schema.json").write_text(json.dumps(schema, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"prepared {len(train)} applications to train on and {len(test)} to test on")


if __name__ == "__main__":
    main()
