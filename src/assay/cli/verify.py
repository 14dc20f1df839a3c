"""``assay verify``: prove an artifact, by the ledger or by a signature that came with it, and record nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli.options import format_option, project_option, since_option, trust_option
from assay.core import jsontext
from assay.core.finding import Severity

if TYPE_CHECKING:
    from assay.attest.verifiers import Verifier
    from assay.pipeline.verify_signature import Verification

_FILE = click.Path(path_type=Path, dir_okay=False)
_WITH_SIGNATURE = (
    "public_key", "ca", "san", "identity", "issuer", "trusted_root", "timestamp_ca", "ignore", "unsigned", "name",
    "copy_to", "fail_on",
)  # fmt: skip


@click.command("verify")
@click.argument("artifact", type=click.Path(path_type=Path))
@click.option(
    "--policy", type=click.Path(path_type=Path, dir_okay=False), help="The policy to judge by.  [default: assay's own]"
)
@click.option("--signature", type=_FILE, help="Verify by this signature (OpenSSF Model Signing), not by the ledger.")
@click.option("--public-key", type=_FILE, help="Who must have signed: the owner of this key, in PEM.")
@click.option("--ca", type=_FILE, help="Who must have signed: somebody to whom this authority, in PEM, gave --san.")
@click.option("--san", metavar="NAME", help="The name in the certificate: email:…, uri:… or dns:…")
@click.option("--identity", help="Who must have signed through Sigstore, as the certificate names them.")
@click.option("--issuer", metavar="URL", help="The identity provider that vouched for --identity.")
@click.option("--trusted-root", type=_FILE, help="A private Sigstore's trusted root.")
@click.option("--timestamp-ca", type=_FILE, help="Certificates, in PEM, of the timestamp authorities that you believe.")
@click.option("--name", help="The name that the model must have been signed under.")
@click.option("--ignore-paths", "ignore", multiple=True, help="A path below ARTIFACT to leave out; is a finding.")
@click.option("--ignore-unsigned-files", "unsigned", is_flag=True, help="Files that nobody signed are a low finding.")
@click.option("--copy-to", type=click.Path(path_type=Path), help="Verify a copy, and leave it here only if it holds.")
@click.option(
    "--fail-on",
    type=click.Choice([severity.word for severity in Severity]),
    help="With --signature: findings of this severity or above refuse it.  [default: medium]",
)
@format_option("text", "json")
@project_option
@trust_option
@since_option
@click.pass_context
def command(
    context: click.Context,
    /,
    artifact: Path,
    policy: Path | None,
    signature: Path | None,
    form: str,
    folder: Path | None,
    trust: Path | None,
    since: tuple[Path, ...],
    **options: object,
) -> None:
    """Prove ARTIFACT, a file or a folder, back to its sources, and show the chain as a tree.

    The same walk as `assay gate`, by a default policy: signed by trusted identities, unbroken provenance through every
    stage, nothing altered on disk, the code unchanged, no newer version approved. Nothing is written, no key is needed.

    With --signature: by a signature of OpenSSF Model Signing v1 that came with it. Who must have signed is said by
    --public-key, --ca, or --identity and --issuer; without them by the project's trust file. Whatever the signature
    does not cover is a finding.
    """
    if signature is not None:
        if policy is not None or since:
            raise click.UsageError("--policy and --since are about the ledger, not about --signature")
        verifier = _verifier(artifact, folder, trust, context.params)
        raise click.exceptions.Exit(_by_signature(artifact, signature, verifier, form, context.params))
    for name in _WITH_SIGNATURE:
        if options[name]:
            flag = {"ignore": "ignore-paths", "unsigned": "ignore-unsigned-files"}.get(name, name.replace("_", "-"))
            raise click.UsageError(f"--{flag} goes with --signature")
    from assay.pipeline.project import find_root, open_project
    from assay.pipeline.prove import judge, read_policy
    from assay.report.decision import chain_text, decision_json, decision_text

    project = open_project(folder or find_root(artifact.absolute().parent), trust=trust, since=since)
    with project.open_ledger() as ledger:
        judgement = judge(project, ledger, artifact, read_policy(policy))
    decision, evidence = judgement.decision, judgement.evidence
    if form == "json":
        click.echo(jsontext.dumps(decision_json(decision, evidence, entry=None)).decode())
    else:
        click.echo(f"{chain_text(evidence)}\n\n{decision_text(decision)}")
    raise click.exceptions.Exit(0 if decision.allowed else 1)


def _by_signature(artifact: Path, signature: Path, verifier: Verifier, form: str, given: dict[str, object]) -> int:
    from assay.cli.hash import progress_over
    from assay.pipeline.project import utc_now
    from assay.pipeline.verify_signature import Demands, copy_verified, verify_signature

    name, ignore, copy_to = given["name"], given["ignore"], given["copy_to"]
    assert isinstance(name, str | None) and isinstance(ignore, tuple) and isinstance(copy_to, Path | None)
    if copy_to is not None and given["unsigned"]:
        raise click.UsageError("a copy holds what was signed and nothing else; leave --ignore-unsigned-files out")
    demands = Demands(name, given["ca"] is not None and given["san"] is None, ignore, bool(given["unsigned"]))
    fail_on = Severity[str(given["fail_on"] or "medium").upper()]
    if copy_to is not None:
        result = copy_verified(artifact, signature, verifier, demands, copy_to, fail_on=fail_on, now=utc_now())
    else:
        with progress_over([artifact]) as progress:
            result = verify_signature(artifact, signature, verifier, demands, now=utc_now(), progress=progress)
    click.echo(_rendered(result, form, fail_on))
    holds = result.holds(fail_on)
    if copy_to is not None and form == "text":
        click.echo(f"verified copy in {copy_to}" if holds else "nothing was handed out", err=True)
    return 0 if holds else 1


def _verifier(artifact: Path, folder: Path | None, trust: Path | None, given: dict[str, object]) -> Verifier:
    from assay.pipeline.signer_choice import certificate_verifier, key_verifier, sigstore_verifier

    paths = {name: _path(given[name]) for name in ("public_key", "ca", "trusted_root", "timestamp_ca")}
    identity, issuer, san = given["identity"], given["issuer"], given["san"]
    if san is not None and paths["ca"] is None:
        raise click.UsageError("--san goes with --ca")
    if (identity is None) != (issuer is None):
        raise click.UsageError("--identity and --issuer go together")
    named = (paths["public_key"] is not None, paths["ca"] is not None, identity is not None)
    if sum(named) > 1:
        raise click.UsageError("give one of --public-key, --ca and --identity")
    if any(named) and (trust is not None or folder is not None):
        raise click.UsageError("who must have signed is said twice: leave --trust and --project out, or the other")
    if paths["public_key"] is not None:
        return key_verifier(paths["public_key"], paths["timestamp_ca"])
    if paths["ca"] is not None:
        return certificate_verifier(paths["ca"], None if san is None else str(san), paths["timestamp_ca"])
    if identity is not None:
        return sigstore_verifier(str(identity), str(issuer), paths["trusted_root"])
    from assay.pipeline.project import find_root, open_project
    from assay.pipeline.verify_signature import TrustedBuilder

    return TrustedBuilder(open_project(folder or find_root(artifact.absolute().parent), trust=trust).trust)


def _path(value: object) -> Path | None:
    assert isinstance(value, Path | None)
    return value


def _rendered(result: Verification, form: str, fail_on: Severity) -> str:
    from assay.report.signature import signature_json, signature_text

    signer = result.proven.identity if result.proven else ""
    times = tuple(f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in result.proven.times) if result.proven else ()
    model, holds = result.model, result.holds(fail_on)
    if form == "text":
        what = f"{result.files:,} {'file' if result.files == 1 else 'files'} compared" if model else ""
        return signature_text(
            path=result.path,
            signer=signer,
            times=times,
            covered=f"{what}; signed as {model.name!r}, root {model.root.short}" if model else "",
            findings=result.findings,
            holds=holds,
        )
    about: dict[str, jsontext.Json] | None = None
    if model is not None:
        about = {
            "name": model.name,
            "root": str(model.root),
            "hash": model.hash_type,
            "shardSize": model.shard_size,
            "files": result.files,
            "ignored": [*model.ignored],
            "allowSymlinks": model.allow_symlinks,
        }
    return jsontext.printed(
        signature_json(
            path=result.path,
            signer=signer,
            keyid=result.proven.key.keyid if result.proven else "",
            times=times,
            model=about,
            findings=result.findings,
            fail_on=fail_on,
            holds=holds,
        )
    )
