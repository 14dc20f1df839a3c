"""Asking a timestamp authority for a stamp, over HTTP.

Source: RFC 3161, section 3.4.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Final

import rfc3161_client
from rfc3161_client.base import HashAlgorithm

from assay.core.errors import SignatureError
from assay.core.visible import visible

_MAX_BYTES: Final = 256 * 1024
_GRANTED: Final = (0, 1)


def request_timestamp(url: str, message: bytes, *, timeout: float = 10.0) -> bytes:
    """Ask the authority at ``url`` to stamp ``message`` (only its SHA-256 is sent). Returns its TimeStampResp in DER.

    What comes back is for this request (nonce and digest); that the authority is one to trust is for the verifier.

    :raises SignatureError: no answer, a refusal, or an answer to something else
    """

    if not url.startswith(("https://", "http://")):
        raise SignatureError("a timestamp authority is reached by http or https", where=visible(url))
    request = rfc3161_client.TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).build()
    query = urllib.request.Request(  # noqa: S310 - the scheme was checked
        url, data=request.as_bytes(), headers={"Content-Type": "application/timestamp-query"}, method="POST"
    )
    try:
        with urllib.request.urlopen(query, timeout=timeout) as answer:  # noqa: S310 - the scheme was checked
            token: bytes = answer.read(_MAX_BYTES + 1)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise SignatureError("the timestamp authority cannot be reached", where=visible(url)) from error
    try:
        response = rfc3161_client.decode_timestamp_response(token)
        granted = response.status in _GRANTED
        same = granted and (response.tst_info.nonce, response.tst_info.message_imprint.message) == (
            request.nonce,
            request.message_imprint.message,
        )
    except ValueError as error:
        raise SignatureError("the timestamp authority answered something else", where=visible(url)) from error
    if not same:
        what = "answered another request" if granted else "refused the request"
        raise SignatureError(f"the timestamp authority {what}", where=visible(url))
    return token
