"""Lists that the Hub itself holds: licences, gitattributes, fields that may be asked for."""

from __future__ import annotations

__all__ = [
    "DATASET_LIST_FIELDS",
    "DEFAULT_GITATTRIBUTES",
    "INFO_ONLY_FIELDS",
    "LEGACY_OWNERS",
    "LFS_PATTERNS",
    "LICENSES",
    "MODEL_LIST_FIELDS",
    "SPACE_LIST_FIELDS",
]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


LICENSES = _words(
    """
    afl-3.0 agpl-3.0 apache-2.0 apple-amlr apple-ascl artistic-2.0 bigcode-openrail-m
    bigscience-bloom-rail-1.0 bigscience-openrail-m bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear
    bsl-1.0 c-uda cc cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0
    cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cc-by-nd-4.0
    cc-by-sa-3.0 cc-by-sa-4.0 cc0-1.0 cdla-permissive-1.0 cdla-permissive-2.0 cdla-sharing-1.0
    creativeml-openrail-m deepfloyd-if-license ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2
    fair-noncommercial-research-license gemma gfdl gpl gpl-2.0 gpl-3.0 grok2-community h-research
    intel-research isc lgpl lgpl-2.1 lgpl-3.0 lgpl-lr llama2 llama3 llama3.1 llama3.2 llama3.3 llama4
    lppl-1.3c mit mpl-2.0 ms-pl ncsa odbl odc-by ofl-1.1 openmdw-1.0 openmdw-1.1 openrail openrail++
    osl-3.0 other pddl postgresql unknown unlicense wtfpl zlib
    """
)
"""Every id that ``license`` may have in a card."""

MODEL_LIST_FIELDS = _words(
    """
    author baseModels cardData config createdAt disabled downloads downloadsAllTime evalResults gated
    inference inferenceProviderMapping lastModified library_name likes mask_token model-index
    pipeline_tag private safetensors sha siblings spaces tags transformersInfo trendingScore widgetData
    gguf resourceGroup xetEnabled
    """
)
"""What ``expand`` may name in a list of models, in the order of the Hub's own error text."""

DATASET_LIST_FIELDS = _words(
    """
    author cardData citation createdAt disabled description downloads downloadsAllTime gated
    lastModified likes mainSize paperswithcode_id private resourceGroup sha siblings tags trendingScore
    xetEnabled
    """
)
"""The same for datasets."""

SPACE_LIST_FIELDS = _words(
    """
    author cardData createdAt datasets disabled lastModified likes models private region resourceGroup
    runtime sdk sha siblings subdomain tags trendingScore xetEnabled
    """
)
"""The same for Spaces."""

INFO_ONLY_FIELDS = _words(
    """
    childrenModelCount usedStorage
    """
)
"""What ``expand`` may name for one repository and not in a list."""

LFS_PATTERNS = _words(
    """
    *.7z *.arrow *.bin *.bz2 *.ckpt *.ftz *.gguf *.gz *.h5 *.joblib *.lfs.* *.mlmodel *.model *.msgpack *.npy
    *.npz *.onnx *.ot *.parquet *.pb *.pickle *.pkl *.pt *.pth *.rar *.safetensors saved_model/**/* *.tar.*
    *.tar *.tflite *.tgz *.wasm *.xz *.zip *.zst *tfevents*
    """
)
"""What the ``.gitattributes`` of a new repository hands to LFS."""

DEFAULT_GITATTRIBUTES = "".join(
    f"{pattern} filter=lfs diff=lfs merge=lfs -text\n" for pattern in LFS_PATTERNS
)
"""The first file of every repository that is made over the API."""

LEGACY_OWNERS = _words(
    """
    openai-community google-bert FacebookAI distilbert google-t5 albert facebook google microsoft xlnet
    """
)
"""Who took over the models that once had no owner: ``gpt2`` leads to ``openai-community/gpt2``."""
