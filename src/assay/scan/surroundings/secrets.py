"""Credentials in text. What they are and where they stand is told; what they say never leaves this module.

The patterns are those of `detect-secrets <https://github.com/Yelp/detect-secrets>`_, without its network checks, and
some for this field's own services. A pattern is only tried where a word that it must have was found, so that large
texts cost next to nothing and the package is imported only when there is reason to.
"""

from __future__ import annotations

import importlib
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from assay.core.finding import Confidence, Severity
from assay.formats.repository.text import MAX_TEXT

#: Characters on either side of a word that are looked at.
AROUND: Final = 300
#: In a longer text, a table of words or of records, no key is worth reading for what it may hold.
MAX_KEYED: Final = 1 << 20
#: Places of one word in one text that are looked at.
MAX_PLACES: Final = 2_000


@dataclass(frozen=True, slots=True)
class Secret:
    """A credential.

    :param what: its sort, with an article
    """

    what: str
    line: int
    severity: Severity
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class _Sort:
    """One sort of secret.

    :param words: of which one stands in every secret of the sort, or before it
    :param find: gives the secrets in a short text
    """

    what: str
    words: tuple[str, ...]
    find: Callable[[str], Iterable[str]]
    severity: Severity = Severity.HIGH
    confidence: Confidence = Confidence.HIGH


def _plugin(module: str, name: str) -> Callable[[str], Iterable[str]]:
    def find(text: str) -> Iterable[str]:
        found: Iterable[str] = _detector(module, name)(text)
        return found

    return find


@cache
def _detector(module: str, name: str) -> Callable[[str], Iterable[str]]:
    detector: Callable[[str], Iterable[str]] = getattr(
        importlib.import_module(f"detect_secrets.plugins.{module}"), name
    )().analyze_string
    return detector


def _pattern(pattern: str) -> Callable[[str], Iterable[str]]:
    def find(text: str) -> Iterable[str]:
        return [match[1] for match in re.finditer(pattern, text)]  # compiled when it is first needed

    return find


def _alone(pattern: str) -> Callable[[str], Iterable[str]]:
    """Tokens that are no part of a longer word."""
    return _pattern(rf"(?<![A-Za-z0-9_/+-])({pattern})(?![A-Za-z0-9_/+-])")


_PRIVATE: Final = (
    r"-----BEGIN (?:(?!ENCRYPTED)[A-Z]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:\\[nr]|[\s\"',+]){0,20}([A-Za-z0-9+/=]{40,})"
)
_KEYED: Final = (
    r"(?i)[\w.-]{0,40}(?:secret|passw(?:or)?d|api[_-]?key|access[_-]?key|access[_-]?token|auth[_-]?token|private[_-]?key"
    r"|client[_-]?secret)[\"']?\s{0,3}[:=]\s{0,3}[\"']([A-Za-z0-9+/_.~-]{20,200}={0,2})[\"']"
)


#: A line of the environment of programs, as ``.env`` has them: without quotes and blanks.
_ENVIRONMENT: Final = (
    r"(?m)^(?:export[ \t]+)?[A-Z0-9_]{0,40}(?:SECRET|PASSWORD|API_KEY|ACCESS_KEY|ACCESS_TOKEN|AUTH_TOKEN|PRIVATE_KEY)"
    r"[A-Z0-9_]{0,40}=([A-Za-z0-9+/_.~-]{20,200}={0,2})[ \t\r]*$"
)
_WANDB: Final = r"WANDB_API_KEY[\\\"']{0,2}\s{0,3}[:=]\s{0,3}[\\\"']{0,2}([0-9a-f]{40})(?![0-9A-Za-z])"


def _keyed(text: str) -> Iterable[str]:
    found = (match[1] for pattern in (_KEYED, _ENVIRONMENT) for match in re.finditer(pattern, text))
    return [value for value in found if _is_random(value)]


def _openai(text: str) -> Iterable[str]:
    found = re.findall(r"(?<![A-Za-z0-9_-])(sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,200})", text)
    return [value for value in found if _is_mixed(value)]


def _npm(text: str) -> Iterable[str]:
    found = re.findall(r"(?<![A-Za-z0-9_/+-])(npm_[A-Za-z0-9]{36})(?![A-Za-z0-9_/+-])", text)
    return [value for value in found if _is_mixed(value)]


def _aws(text: str) -> Iterable[str]:
    return [value for value in _detector("aws", "AWSKeyDetector")(text) if len(value) == 40 and _is_random(value)]


def _basic(text: str) -> Iterable[str]:
    pattern = re.compile(r"://([^\s:/?#\[\]@!$&'()*+,;=\"<>{}]{1,100}):([^\s:/?#\[\]@\"'<>{}]{6,100})@[\w.-]+\.\w+")
    ordinary = (
        "pass",
        "pwd",
        "secret",
        "token",
        "key",
        "user",
        "xxx",
        "***",
        "...",
        "$",
        "%s",
        "name",
        "foo",
        "bar",
        "1234",
    )
    return [
        match[2]
        for match in pattern.finditer(text)
        if match[1].lower() != "anonymous" and not any(word in match[2].lower() for word in ordinary)
    ]


def _mixed_alone(pattern: str) -> Callable[[str], Iterable[str]]:
    """Tokens that are no part of a longer word, and no word themselves."""
    find = _alone(pattern)
    return lambda text: [value for value in find(text) if any(map(str.isdigit, value)) and len(set(value)) > 11]


#: Whose key it is, how it begins, and the rest of it.
_VENDORS: Final = (
    ("an xAI key", "xai-", r"[A-Za-z0-9]{70,90}"),
    ("a Groq key", "gsk_", r"[A-Za-z0-9]{48,56}"),
    ("a Perplexity key", "pplx-", r"[A-Za-z0-9]{40,60}"),
    ("an OpenRouter key", "sk-or-v1-", r"[0-9a-f]{60,70}"),
    ("an NVIDIA key", "nvapi-", r"[A-Za-z0-9_-]{55,75}"),
    ("a Pinecone key", "pcsk_", r"[A-Za-z0-9_]{50,80}"),
    ("a LangSmith key", "lsv2_", r"(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    ("a Langfuse key", "sk-lf-", r"[0-9a-f-]{36}"),
    ("a Jina key", "jina_", r"[A-Za-z0-9_-]{50,70}"),
    ("a DigitalOcean token", "dop_v1_", r"[0-9a-f]{64}"),
    ("a Docker Hub token", "dckr_pat_", r"[A-Za-z0-9_-]{27}"),
    ("a Doppler token", "dp.pt.", r"[A-Za-z0-9]{40,44}"),
    ("a Vault token", "hvs.", r"[A-Za-z0-9_-]{24,120}"),
    ("a New Relic key", "NRAK-", r"[A-Z0-9]{27}"),
    ("a Grafana token", "glsa_", r"[A-Za-z0-9]{32}_[0-9a-fA-F]{8}"),
    ("a Linear key", "lin_api_", r"[A-Za-z0-9]{40}"),
    ("a Notion token", "ntn_", r"[A-Za-z0-9]{40,50}"),
    ("a Postman key", "PMAK-", r"[0-9a-f]{24}-[0-9a-f]{34}"),
    ("a Figma token", "figd_", r"[A-Za-z0-9_-]{40}"),
    ("a Shopify token", "shpat_", r"[0-9a-fA-F]{32}"),
    ("a Supabase token", "sbp_", r"[0-9a-f]{40}"),
    ("a PlanetScale token", "pscale_tkn_", r"[A-Za-z0-9_.-]{32,64}"),
    ("an age key", "AGE-SECRET-KEY-", r"1[0-9A-Z]{58}"),
)  # fmt: skip
_WEBHOOK: Final = r"(discord(?:app)?\.com/api/webhooks/\d{15,22}/[A-Za-z0-9_-]{50,80})"
_AUTHS: Final = r"\"auth\"\s*:\s*\"([A-Za-z0-9+/]{16,}={0,2})\""
_NETRC: Final = r"\bmachine\s+\S+\s+login\s+\S+\s+password\s+(\S{8,200})"
_CLIENT: Final = r"client-key-data:\s*([A-Za-z0-9+/=]{100,})"
_REDIS: Final = r"rediss?://[^\s:/@]{0,60}:([^\s:/@\"'<>{}$%*]{8,100})@[\w.-]+"


_SORTS: Final = (
    *(_Sort(what, (start,), _mixed_alone(re.escape(start) + rest)) for what, start, rest in _VENDORS),
    _Sort("a Discord webhook", ("/api/webhooks/",), _pattern(_WEBHOOK)),
    _Sort("a registry's password", ("\"auths\"",), _pattern(_AUTHS), Severity.HIGH, Confidence.MEDIUM),
    _Sort("a password of .netrc", ("machine ",), _pattern(_NETRC), Severity.HIGH, Confidence.MEDIUM),
    _Sort("a key of Kubernetes", ("client-key-data",), _pattern(_CLIENT)),
    _Sort("a password of Redis", ("redis://:", "rediss://:"), _pattern(_REDIS), Severity.MEDIUM, Confidence.MEDIUM),
    _Sort("an AWS access key", ("AKIA",), _alone(r"AKIA[0-9A-Z]{16}")),
    _Sort("an AWS access key for a time", ("ASIA",), _alone(r"ASIA[0-9A-Z]{16}"), Severity.LOW, Confidence.MEDIUM),
    _Sort("an AWS secret key", ("aws", "AWS", "Aws"), _aws),
    _Sort("a Hugging Face token", ("hf_", "api_org_"), _alone(r"(?:hf|api_org)_[A-Za-z0-9]{30,40}")),
    _Sort("a private key", ("PRIVATE KEY",), _pattern(_PRIVATE)),
    _Sort("a GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), _alone(r"gh[pousr]_[A-Za-z0-9]{36}")),
    _Sort("a GitHub token", ("github_pat_",), _pattern(r"(github_pat_[A-Za-z0-9_]{60,90})")),
    _Sort("a GitLab token", ("glpat-", "gldt-", "glft-", "glrt-", "glsoat-"),
          _alone(r"gl(?:pat|dt|ft|rt|soat)-[A-Za-z0-9_-]{20,50}")),
    _Sort("a Slack token", ("xox", "hooks.slack.com"), _plugin("slack", "SlackDetector")),
    _Sort("a Stripe key", ("_live_",), _plugin("stripe", "StripeDetector")),
    _Sort("an OpenAI key", ("T3BlbkFJ",), _plugin("openai", "OpenAIDetector")),
    _Sort("an OpenAI key", ("sk-proj-", "sk-svcacct-", "sk-admin-"), _openai),
    _Sort("a Weights & Biases key", ("WANDB_API_KEY",), _pattern(_WANDB)),
    _Sort("an Anthropic key", ("sk-ant-",), _pattern(r"(sk-ant-[A-Za-z0-9_-]{40,200})")),
    _Sort("an npm token", ("npm_",), _npm),
    _Sort("an npm token", ("_authToken",), _plugin("npm", "NpmDetector")),
    _Sort("a PyPI token", ("pypi-AgE",), _plugin("pypi_token", "PypiTokenDetector")),
    _Sort("a SendGrid key", ("SG.",), _plugin("sendgrid", "SendGridDetector")),
    _Sort("an Azure storage key", ("AccountKey",), _plugin("azure_storage_key", "AzureStorageKeyDetector")),
    _Sort("a Square token", ("sq0",), _plugin("square_oauth", "SquareOAuthDetector")),
    _Sort("a Google API key", ("AIza",), _alone(r"AIza[A-Za-z0-9_-]{35}")),
    _Sort("a Databricks token", ("dapi",), _alone(r"dapi[0-9a-f]{32}")),
    _Sort("a Replicate token", ("r8_",), _alone(r"r8_[A-Za-z0-9]{37}")),
    _Sort("a password in an address", ("://",), _basic, Severity.MEDIUM, Confidence.MEDIUM),
    _Sort("a JSON web token", ("eyJ",), _plugin("jwt", "JwtTokenDetector"), Severity.LOW, Confidence.MEDIUM),
    _Sort(
        "what looks like a credential",
        ("secret", "passw", "api_key", "apikey", "api-key", "access_key", "access_token", "auth_token", "private_key",
         "API_KEY", "SECRET", "PASSW", "ACCESS_TOKEN", "AUTH_TOKEN", "apiKey", "accessToken"),
        _keyed,
        Severity.MEDIUM,
        Confidence.LOW,
    ),
)  # fmt: skip
#: Words that are in too many texts that hold no secret.
_COMMON_WORDS: Final = ("aws", "AWS", "Aws", "://", "eyJ", "machine ")
#: Of which one stands in or before every secret that is told by its form.
WORDS: Final = tuple(
    word for sort in _SORTS if sort.find is not _keyed for word in sort.words if word not in _COMMON_WORDS
)
_PLACEHOLDERS: Final = (
    "example", "xxxx", "your", "placeholder", "dummy", "fake", "redacted", "sample", "changeme", "abcdefgh",
    "0000000", "insert",
)  # fmt: skip


def secrets_in(text: str) -> Iterator[Secret]:
    """Credentials in a text, by line; one of a sort for each line."""
    text = text[:MAX_TEXT]
    found: set[Secret] = set()
    seen: set[str] = set()
    for sort in _SORTS:
        if sort.find is _keyed and len(text) > MAX_KEYED:
            continue
        for around, start in _places(text, [word for word in sort.words if word in text]):
            for value in sort.find(around):
                if value in seen or _is_placeholder(value):
                    continue
                seen.add(value)
                line = text.count("\n", 0, max(start, text.find(value[:40], start))) + 1
                found.add(Secret(sort.what, line, sort.severity, sort.confidence))
    yield from sorted(found, key=lambda secret: (secret.line, secret.what))


def _places(text: str, words: list[str]) -> Iterator[tuple[str, int]]:
    """The surroundings of each word, within its line (and the next few, for keys that take several)."""
    for word in words:
        at, end, count = text.find(word), -1, 0
        while at >= 0 and count < MAX_PLACES:
            if at >= end:
                start = max(text.rfind("\n", 0, at) + 1, at - AROUND)
                end = at + AROUND
                count += 1
                yield text[start:end], start
            at = text.find(word, max(at + 1, end - AROUND // 2))


def _is_placeholder(value: str) -> bool:
    lower = value.lower()
    return len(set(value)) < 8 or any(word in lower for word in _PLACEHOLDERS)


def _is_mixed(value: str) -> bool:
    return any(map(str.isdigit, value)) and any(map(str.islower, value)) and any(map(str.isupper, value))


def _is_random(value: str) -> bool:
    """Whether a value looks drawn by lot: digits among letters of both cases, and no word or path."""
    if (
        not _is_mixed(value)
        or value.count("/") > 3
        or value.count(".") > 2
        or value.count("_") > 3
        or value.count("-") > 2
    ):
        return False
    counts = Counter(value)
    entropy = -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())
    return entropy > 3.7
