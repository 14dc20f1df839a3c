"""A process that appends until it is stopped: ``python writer.py LEDGER WITNESS NAME COUNT [--limit BYTES]``.

Prints one line for each append that came back: the first place, how many entries, and the checkpoint over them as JSON.
With a limit, no file may grow beyond it, which is how a full disk looks to a program.
"""

from __future__ import annotations

import importlib.util
import json
import resource
import sys
from pathlib import Path

from assay.core.errors import Error
from assay.store.ledger import Ledger
from assay.store.witness import Witness


def main() -> None:
    spec = importlib.util.spec_from_file_location("helpers", Path(__file__).with_name("conftest.py"))
    assert spec is not None and spec.loader is not None
    helpers = importlib.util.module_from_spec(spec)
    sys.modules["helpers"] = helpers
    spec.loader.exec_module(helpers)
    path, witness, name, count, *limit = sys.argv[1:]
    key = helpers.Key()
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit[1]), int(limit[1])))
    with Ledger.open(Path(path), writable=True) as ledger:
        for number in range(int(count)):
            batch = [helpers.make_envelope(name, number * 10 + part) for part in range(number % 3 + 1)]
            try:
                places = ledger.append(batch, signer=key, verifier=key, witness=Witness(Path(witness)))
            except Error as error:
                print(json.dumps([type(error).__name__, str(error)]), flush=True)
                return
            note = ledger.checkpoint_at(places[-1] + 1)
            print(json.dumps([places[0], len(places), number, note]), flush=True)


if __name__ == "__main__":
    main()
