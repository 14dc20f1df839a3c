"""The shipped example, run once; then every attack on it is refused for the right reason, and the original passes."""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Assay = Callable[..., "subprocess.CompletedProcess[str]"]

EXAMPLE = Path(__file__).parents[2] / "examples" / "loan-approval"
MADE = shutil.ignore_patterns(".assay", "data", "build", "reports", "model", "deployment", "trust.toml", "__pycache__")


def _attacks() -> ModuleType:
    specification = importlib.util.spec_from_file_location("attacks", Path(__file__).with_name("attacks.py"))
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


attacks = _attacks()

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="the example's code is committed with Git")


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory, assay: Assay) -> Path:
    """The example after one whole run, in a Git repository of its own; made once for all test processes."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if os.environ.get("PYTEST_XDIST_WORKER") else shared
    folder = shared / "shipped" / "loan-approval"
    with (shared / "shipped.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "deployment").exists():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(EXAMPLE, folder, ignore=MADE)
            git(folder, "init", "-q")
            git(folder, "add", "-A")
            git(folder, "commit", "-q", "-m", "the example")
            for arguments in (("init", "--no-passphrase", "--identity", "bank"), ("run",)):
                done = assay(folder, *arguments)
                assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def loans(shipped: Path, tmp_path: Path) -> Path:
    """A copy of the finished example, to be attacked."""
    return Path(shutil.copytree(shipped, tmp_path / "loans", symlinks=True))


def reasons(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """What the gate found, by requirement, of what did not hold."""
    decision = json.loads(done.stdout)
    found: dict[str, str] = {}
    for check in decision["checks"]:
        if not check["passed"]:
            found[check["requirement"]] = f"{found.get(check['requirement'], '')}{check['found']}\n"
    return found


def gate(assay: Assay, project: Path) -> dict[str, str]:
    """The reasons of a denial with exit status 1; the default policy of `assay verify` has to deny as well."""
    done = assay(project, "gate", "model", "--policy", "policy.toml", "--format", "json")
    assert done.returncode == 1, done.stdout + done.stderr
    verified = assay(project, "verify", "model", "--format", "json")
    assert verified.returncode == 1, verified.stdout + verified.stderr
    return reasons(done)


def retrain(project: Path) -> None:
    """Replace the packaged model by one that was trained with another parameter, beside the pipeline."""
    run = [sys.executable, "train.py", "--data", "data/prepared", "--output", "evil.onnx", "--inverse-penalty", "0.001"]
    subprocess.run(run, cwd=project, check=True, capture_output=True)
    shutil.move(project / "evil.onnx", project / "model" / "model.onnx")


def test_the_untouched_pipeline_passes(loans: Path, assay: Assay) -> None:
    """Gate and verify allow, the approval is a verification summary on the ledger, and the audit is clean."""
    done = assay(loans, "gate", "model", "--policy", "policy.toml", "--format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    decision = json.loads(done.stdout)
    shown = json.loads(assay(loans, "log", "show", str(decision["entry"])).stdout)
    assert shown["predicateType"] == "https://slsa.dev/verification_summary/v1"
    assert shown["predicate"]["verificationResult"] == "PASSED"
    tree = assay(loans, "verify", "model")
    assert tree.returncode == 0
    for name in ("collect", "prepare", "train", "evaluate", "package", "data/raw/loanapp.csv", "commit"):
        assert name in tree.stdout
    assert assay(loans, "log", "audit").returncode == 0
    assert json.loads((loans / "deployment" / "answer.json").read_text())


def test_one_byte_of_the_raw_data(loans: Path, assay: Assay) -> None:
    """The dataset on disk is not the one that was ingested."""
    attacks.flip(loans / "data" / "raw" / "loanapp.csv")
    assert "data/raw/loanapp.csv" in gate(assay, loans)["intact"]


def test_one_byte_of_the_prepared_data(loans: Path, assay: Assay) -> None:
    """One file of a folder: the reason names the file."""
    attacks.flip(loans / "data" / "prepared" / "train.csv")
    assert "train.csv" in gate(assay, loans)["intact"]


def test_a_model_replaced_by_a_retrained_one(loans: Path, assay: Assay) -> None:
    """The bank's case: same name, same format, other weights. Nothing trusted made these bytes."""
    retrain(loans)
    assert "model/model.onnx" in gate(assay, loans)["provenance"]
    loaded = assay(loans, "load", "model", "--to", "copy")
    assert loaded.returncode == 1
    assert not (loans / "copy").exists()


def test_a_model_re_signed_by_an_unknown_key(loans: Path, assay: Assay) -> None:
    """Forged provenance for the retrained model, taken into the ledger: the signer is nobody we trust."""
    retrain(loans)
    signer, _ = attacks.stranger(loans)
    attacks.append_with_help(loans, attacks.forged_build(loans, "package", "model", signer))
    assert signer.key.public.keyid[:12] in gate(assay, loans)["provenance"]


def test_a_model_re_signed_by_an_unknown_key_that_signs_the_ledger_too(loans: Path, assay: Assay) -> None:
    """The attacker also signs the checkpoint: the ledger itself does not count any more."""
    retrain(loans)
    signer, trust = attacks.stranger(loans)
    attacks.append_as(loans, attacks.forged_build(loans, "package", "model", signer), signer, trust)
    assert "mallory" in gate(assay, loans)["ledger"]


def test_running_with_a_key_outside_the_trust_file(loans: Path, assay: Assay) -> None:
    """Somebody puts a key of their own in place: assay signs nothing with it."""
    (loans / ".assay" / "key").unlink()
    assert assay(loans, "init", "--no-passphrase").returncode == 0
    done = assay(loans, "run", "--force")
    assert done.returncode == 2
    assert "nobody in the trust file" in done.stderr


@pytest.mark.parametrize("stage", ["collect", "prepare", "train", "evaluate", "package"])
def test_a_stages_attestation_removed(loans: Path, assay: Assay, stage: str) -> None:
    """Its row is deleted and the later ones move up: the tree says so."""
    attacks.delete(loans, attacks.stage_entry(loans, stage))
    assert gate(assay, loans)["ledger"]


def test_the_evaluation_statement_edited(loans: Path, assay: Assay) -> None:
    """A better ROC AUC is written into the test result."""
    (entry, _) = attacks.envelopes(loans, "https://in-toto.io/attestation/test-result/v0.1")[0]
    attacks.rewrite(loans, entry, lambda statement: statement["predicate"]["assay_metrics"].update(roc_auc=0.99))
    found = gate(assay, loans)
    assert f"entry {entry}" in found["ledger"] or f"entries {entry}" in found["ledger"]
    assert "evaluation" in found


def test_a_statement_signed_for_another_subject(loans: Path, assay: Assay) -> None:
    """The genuine provenance is filed under the retrained model's digest: what was signed is about other bytes."""
    from assay.hashing.artifact import hash_artifact

    retrain(loans)
    entry = attacks.stage_entry(loans, "package")
    digest = str(hash_artifact(loans / "model", name="model").digest)
    with attacks.tables(loans) as connection:
        connection.execute("UPDATE subjects SET digest = ? WHERE entry = ? AND name = 'model'", (digest, entry))
    found = gate(assay, loans)
    assert "provenance" in found
    assert found["ledger"]


def test_a_statement_about_another_subject_in_place_of_the_genuine_one(loans: Path, assay: Assay) -> None:
    """The subject inside a signed statement is exchanged: its signature does not hold any more."""
    from assay.hashing.artifact import hash_artifact

    retrain(loans)
    digest = hash_artifact(loans / "model", name="model").digest
    entry = attacks.stage_entry(loans, "package")
    attacks.rewrite(loans, entry, lambda statement: statement["subject"][0]["digest"].update(dirHash=digest.value))
    found = gate(assay, loans)
    assert "provenance" in found
    assert found["ledger"]


def test_an_older_approved_model_replayed(loans: Path, assay: Assay) -> None:
    """Both versions were approved; the older one is put back."""
    shutil.copytree(loans / "model", loans / "older", dirs_exist_ok=True)
    text = (loans / "assay.toml").read_text()
    (loans / "assay.toml").write_text(text.replace("inverse_penalty = 1.0", "inverse_penalty = 0.5"))
    (loans / ".git" / "info" / "exclude").write_text("older/\n")
    git(loans, "commit", "-q", "-a", "-m", "another parameter")
    done = assay(loans, "run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert assay(loans, "gate", "model", "--policy", "policy.toml").returncode == 0
    shutil.rmtree(loans / "model")
    shutil.move(loans / "older", loans / "model")
    assert "newest" in gate(assay, loans)
    alone = assay(loans, "verify", "model/model.onnx", "--format", "json")  # one file of it, on its own
    assert alone.returncode == 1
    assert "newest" in reasons(alone)


@pytest.mark.parametrize("row", [0, 3, -1])
def test_a_ledger_row_edited(loans: Path, assay: Assay, row: int) -> None:
    """Any row: the first, one in the middle, the newest."""
    with attacks.tables(loans) as connection:
        (size,) = connection.execute("SELECT COUNT(*) FROM entries").fetchone()
    entry = row % size
    attacks.rewrite(loans, entry, lambda statement: statement.update(extra="x"))
    assert str(entry) in gate(assay, loans)["ledger"]
    audit = assay(loans, "log", "audit", "--format", "json")
    assert audit.returncode == 1
    assert any(problem["entry"] == entry for problem in json.loads(audit.stdout)["problems"])


@pytest.mark.parametrize("attack", [lambda path: attacks.delete(path, 2), lambda path: attacks.swap(path, 1, 2)])
def test_ledger_rows_deleted_or_swapped(loans: Path, assay: Assay, attack: Callable[[Path], None]) -> None:
    """Both keep every row well-formed and signed; the order is what the tree commits to."""
    attack(loans)
    assert gate(assay, loans)["ledger"]
    assert assay(loans, "log", "audit").returncode == 1


def test_the_ledgers_tail_cut_off(loans: Path, assay: Assay, tmp_path: Path) -> None:
    """Entries, tree and checkpoints of the tail are all gone: a good, shorter ledger. The witness remembers more."""
    checkpoint = tmp_path / "checkpoint"
    checkpoint.write_text(assay(loans, "log", "checkpoint").stdout)
    attacks.cut_tail(loans, 6)
    assert "rolled back" in gate(assay, loans)["ledger"]
    assert "rolled back" in assay(loans, "log", "audit").stdout
    (loans / ".assay" / "checkpoint").unlink()
    assert "witness is missing" in gate(assay, loans)["ledger"]
    assert assay(loans, "log", "adopt").returncode == 0
    audit = assay(loans, "log", "audit", "--since", str(checkpoint))
    assert audit.returncode == 1
    assert "rolled back" in audit.stdout
    since = ("--since", str(checkpoint), "--format", "json")
    for command in (("verify", "data/prepared"), ("gate", "data/prepared", "--policy", "policy.toml")):
        assert "rolled back" in reasons(assay(loans, *command, *since))["ledger"]


def test_a_file_added_beside_the_model(loans: Path, assay: Assay) -> None:
    """A folder is attested as a whole, names included."""
    (loans / "model" / "modeling.py").write_text("import os\n")
    assert "model/modeling.py" in gate(assay, loans)["provenance"]


@pytest.mark.parametrize("name", ["model/model.onnx", "data/raw/loanapp.csv", "model", "data/prepared"])
def test_a_symbolic_link_swapped_for_a_file(loans: Path, assay: Assay, name: str, tmp_path: Path) -> None:
    """The link leads to the very same bytes, today: what it leads to tomorrow nobody vouches for."""
    path = loans / name
    elsewhere = tmp_path / "elsewhere"
    shutil.move(path, elsewhere)
    path.symlink_to(elsewhere)
    found = gate(assay, loans)
    assert any("symbolic link" in reason for reason in found.values())


def test_a_folder_above_swapped_for_a_symbolic_link(loans: Path, assay: Assay, tmp_path: Path) -> None:
    """Not the file but the folder that it lies in: the same trick one level up."""
    shutil.move(loans / "data", tmp_path / "elsewhere")
    (loans / "data").symlink_to(tmp_path / "elsewhere")
    assert any("symbolic link" in reason for reason in gate(assay, loans).values())


@pytest.mark.parametrize("empty", [False, True])
def test_the_code_commit_changed_after_training(loans: Path, assay: Assay, empty: bool) -> None:
    """The checkout is at another commit than the one that built the model, whatever it changed."""
    trained = git(loans, "rev-parse", "HEAD")
    if not empty:
        with (loans / "train.py").open("a") as file:
            file.write("\n# changed after training\n")
    git(loans, "commit", "-q", "-a", "--allow-empty", "-m", "after training")
    found = gate(assay, loans)["code"]
    assert trained[:12] in found
    assert git(loans, "rev-parse", "HEAD")[:12] in found


def test_code_changed_and_not_committed(loans: Path, assay: Assay) -> None:
    """The code on disk is not the code that was run."""
    with (loans / "train.py").open("a") as file:
        file.write("\n# changed\n")
    assert "train.py" in gate(assay, loans)["code"]


def test_verified_bytes_are_the_bytes_that_were_verified(loans: Path) -> None:
    """`load_verified` hands out what it hashed: a file that is swapped afterwards makes no difference."""
    import assay as package

    genuine = (loans / "model" / "model.onnx").read_bytes()
    loaded = package.load_verified(loans / "model", policy=loans / "policy.toml")
    assert isinstance(loaded, dict)
    attacks.flip(loans / "model" / "model.onnx")
    assert loaded["model.onnx"] == genuine
    with pytest.raises(package.DeniedError) as caught:
        package.load_verified(loans / "model", policy=loans / "policy.toml")
    assert not caught.value.decision.allowed
    assert package.load_verified(loans / "build" / "model.onnx") == genuine


@pytest.mark.parametrize("path", ["model", "build/model.onnx", "data/prepared", "reports/metrics.json"])
def test_every_stage_of_the_example_reproduces_bit_for_bit(loans: Path, assay: Assay, path: str) -> None:
    """In a fresh folder, from the recorded inputs."""
    done = assay(loans, "reproduce", path, "--format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["same"]
