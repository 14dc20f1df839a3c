"""The public catalogues' names for what a finding means: ATLAS 5.6, OWASP ML 2023 and LLM 2025, NIST AI RMF 1.0.

A rule takes one of the groups below, or joins two with ``+``; reports print titles and addresses from :data:`TITLES`.
"""

from __future__ import annotations

from typing import Final

#: Opening the file runs somebody else's code.
UNSAFE_DESERIALIZATION: Final = ("AML.T0011.000", "AML.T0010.003", "ML06:2023", "LLM03:2025", "MAP 4.1")
#: The file carries malware: a program, a script, a hidden payload.
EMBEDDED_MALWARE: Final = ("AML.T0018.002", "AML.T0010.003", "ML06:2023", "LLM03:2025", "MEASURE 2.7")
#: Code beside the weights, or fetched from elsewhere, runs when the model is loaded.
REMOTE_CODE: Final = ("AML.T0010.001", "AML.T0011.000", "ML06:2023", "LLM03:2025", "GOVERN 6.1")
#: Two readers would see different things, or the name belies the content.
MASQUERADING: Final = ("AML.T0074", "AML.T0010.003", "ML06:2023", "LLM03:2025", "MEASURE 2.7")
#: The file makes its reader crash, hang or exhaust memory.
DENIAL_OF_SERVICE: Final = ("AML.T0029", "ML06:2023", "LLM10:2025", "MEASURE 2.6")
#: A memory error in a native reader is within reach of the file.
MEMORY_CORRUPTION: Final = ("AML.T0011.000", "AML.T0112", "ML06:2023", "LLM03:2025", "MEASURE 2.7")
#: Files outside the artifact are read or written when it is loaded.
FILE_ACCESS: Final = ("AML.T0011.000", "AML.T0037", "ML06:2023", "LLM03:2025", "MEASURE 2.7")
#: The model's computation itself was altered: a layer, a node, a tensor.
ALTERED_MODEL: Final = ("AML.T0018.001", "AML.T0018", "ML10:2023", "LLM04:2025", "MEASURE 2.7")
#: The numbers are not what the model needs: NaN, wrong shapes, missing parts.
BROKEN_WEIGHTS: Final = ("AML.T0076", "ML10:2023", "LLM04:2025", "MEASURE 2.5")
#: A prompt template does more than lay out a conversation.
TEMPLATE_INJECTION: Final = ("AML.T0011.000", "AML.T0051", "ML06:2023", "LLM01:2025", "MEASURE 2.7")
#: Credentials lie in the open.
EXPOSED_SECRET: Final = ("AML.T0055", "ML05:2023", "LLM02:2025", "MEASURE 2.10")

#: Identifier → its title in its catalogue.
TITLES: Final[dict[str, str]] = {
    "AML.T0010.001": "AI Supply Chain Compromise: AI Software",
    "AML.T0010.003": "AI Supply Chain Compromise: Model",
    "AML.T0011.000": "User Execution: Unsafe AI Artifacts",
    "AML.T0018": "Manipulate AI Model",
    "AML.T0018.001": "Modify AI Model Architecture",
    "AML.T0018.002": "Embed Malware",
    "AML.T0029": "Denial of AI Service",
    "AML.T0037": "Data from Local System",
    "AML.T0051": "LLM Prompt Injection",
    "AML.T0055": "Unsecured Credentials",
    "AML.T0074": "Masquerading",
    "AML.T0076": "Corrupt AI Model",
    "AML.T0112": "Machine Compromise",
    "ML05:2023": "Model Theft",
    "ML06:2023": "AI Supply Chain Attacks",
    "ML10:2023": "Model Poisoning",
    "LLM01:2025": "Prompt Injection",
    "LLM02:2025": "Sensitive Information Disclosure",
    "LLM03:2025": "Supply Chain",
    "LLM04:2025": "Data and Model Poisoning",
    "LLM10:2025": "Unbounded Consumption",
    "GOVERN 6.1": "Third-party risks are addressed by policies",
    "MAP 4.1": "Third-party technology and legal risks are mapped",
    "MEASURE 2.5": "The system is demonstrated to be valid and reliable",
    "MEASURE 2.6": "Safety is evaluated regularly",
    "MEASURE 2.7": "Security and resilience are evaluated",
    "MEASURE 2.10": "Privacy risk is examined",
}


def address(identifier: str) -> str:
    """Where the catalogue describes it."""
    if identifier.startswith("AML."):
        return f"https://atlas.mitre.org/techniques/{identifier}"
    if identifier.startswith("ML"):
        number = identifier[2:4]
        return f"https://owasp.org/www-project-machine-learning-security-top-10/#ML{number}"
    if identifier.startswith("LLM"):
        return "https://genai.owasp.org/llm-top-10/"
    return "https://airc.nist.gov/airmf-resources/airmf/5-sec-core/"
