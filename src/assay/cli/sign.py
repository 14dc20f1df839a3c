"""``assay sign``: a signature that any tool of OpenSSF Model Signing v1 can verify."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli.options import format_option, passphrase_option, passphrase_source, project_option
from assay.core import jsontext
from assay.core.visible import visible

if TYPE_CHECKING:
    from assay.attest.signers import Signer
    from assay.pipeline.sign import SignedModel
    from assay.pipeline.signer_choice import SignerChoice

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("sign")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=_FILE, help="Where to write the signature.  [default: PATH.sig, beside PATH]")
@click.option("--key", type=_FILE, help="A private key's file.  [default: the project's signer]")
@click.option("--pkcs11", metavar="URI", help="A key in a token, smart card or HSM (RFC 7512).")
@click.option("--kms", metavar="URI", help="A key in a cloud service: awskms:…, gcpkms:…, azurekms:…, hashivault:…")
@click.option("--public-key", type=_FILE, help="The public key of --kms, in PEM.")
@click.option("--sigstore", is_flag=True, help="Keyless, through Sigstore and an identity provider.")
@click.option("--sigstore-config", type=_FILE, help="A private Sigstore's ClientTrustConfig.")
@click.option(
    "--certificate", type=_FILE, help="The key's certificate in PEM, then those between it and the authority."
)
@click.option("--timestamp-url", metavar="URL", help="A timestamp authority to prove the time of signing.")
@click.option(
    "--ignore-paths",
    "ignore",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A file or folder below PATH to leave out of the signature; may be given again.",
)
@click.option("--git-paths", is_flag=True, help="Sign .git, .github, .gitattributes and .gitignore, too.")
@format_option("text", "json")
@project_option
@passphrase_option
def command(
    path: Path,
    output: Path | None,
    key: Path | None,
    pkcs11: str | None,
    kms: str | None,
    public_key: Path | None,
    sigstore_config: Path | None,
    certificate: Path | None,
    timestamp_url: str | None,
    ignore: tuple[Path, ...],
    form: str,
    folder: Path | None,
    passphrase_file: Path | None,
    *,
    sigstore: bool,
    git_paths: bool,
) -> None:
    """Sign PATH, a model's file or folder, as OpenSSF Model Signing v1 has it.

    `assay verify PATH --signature FILE` verifies it, and so does `model_signing verify` if the key is ECDSA. Symbolic
    links and names that collide or deceive are refused, not signed.
    """
    from assay.cli.hash import progress_over
    from assay.pipeline.sign import sign_path
    from assay.pipeline.signer_choice import SignerChoice

    choice = SignerChoice(key, pkcs11, kms, sigstore, sigstore_config, public_key, certificate, timestamp_url)
    signer = _signer(choice, path, folder, passphrase_file)
    with progress_over([path]) as progress:
        signed = sign_path(path, signer, output=output, ignore=ignore, git_paths=git_paths, progress=progress)
    click.echo(_json(signed) if form == "json" else _text(signed))
    if signer.public is not None and not signer.public.scheme.startswith("ecdsa") and form == "text":
        click.echo(f"note      model_signing verifies ECDSA only; this key is {signer.public.scheme}", err=True)


def _signer(choice: SignerChoice, path: Path, folder: Path | None, passphrase_file: Path | None) -> Signer:
    from assay.pipeline.project import find_root, load_signer, open_project, utc_now
    from assay.pipeline.signer_choice import chosen_signer

    passphrase = passphrase_source(passphrase_file)
    named = sum((choice.key is not None, choice.pkcs11 is not None, choice.kms is not None, choice.sigstore))
    if named > 1:
        raise click.UsageError("give one of --key, --pkcs11, --kms and --sigstore")
    if named:
        return chosen_signer(choice, passphrase, now=utc_now())
    if choice.certificate is not None or choice.timestamp_url is not None:
        raise click.UsageError("--certificate and --timestamp-url go with --key, --pkcs11 or --kms")
    return load_signer(open_project(folder or find_root(path.absolute().parent)), passphrase)


def _text(signed: SignedModel) -> str:
    count = len(signed.artifact.manifest.entries) if signed.artifact.manifest else 1
    lines = [
        f"signed    {count:,} {'file' if count == 1 else 'files'}, {signed.artifact.size:,} bytes",
        f"root      {signed.root}",
        f"artifact  {signed.artifact.digest}",
        f"written   {visible(str(signed.output))}",
    ]
    lines += [f"left out  {visible(path)}: nobody will notice when it changes" for path in signed.uncovered]
    return "\n".join(lines)


def _json(signed: SignedModel) -> str:
    document: jsontext.Json = {
        "path": signed.artifact.path,
        "digest": str(signed.artifact.digest),
        "root": str(signed.root),
        "signature": str(signed.output),
        "uncovered": [*signed.uncovered],
    }
    return jsontext.dumps(document).decode()
