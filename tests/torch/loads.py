"""A program that knows nothing of hubkit: loads models, step by step, and says how each step went.

python loads.py BASE ADAPTER; before each step it prints its name and waits for a line.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys


def main():
    """Take the steps."""
    import torch
    from huggingface_hub import HfApi
    from peft import PeftModel
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(1)
    base, adapter = sys.argv[1:]
    api = HfApi()

    def adapted():
        model = AutoModelForCausalLM.from_pretrained(base)
        PeftModel.from_pretrained(model, adapter)

    steps = {
        "AutoConfig": lambda: AutoConfig.from_pretrained(base),
        "AutoTokenizer": lambda: AutoTokenizer.from_pretrained(base)("a b"),
        "AutoModelForCausalLM": lambda: AutoModelForCausalLM.from_pretrained(base),
        "PeftModel": adapted,
        "HfApi.model_info": lambda: api.model_info(base),
        "HfApi.list_repo_files": lambda: api.list_repo_files(base),
        "HfApi.file_exists": lambda: api.file_exists(base, "config.json") or 1 / 0,
        "HfApi.list_models": lambda: list(api.list_models(author=base.split("/")[0])),
    }
    for name, step in steps.items():
        print(json.dumps(name), flush=True)
        sys.stdin.readline()
        try:
            with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
                step()
            print(json.dumps("fine"), flush=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what users see
            print(json.dumps(type(error).__name__), flush=True)


if __name__ == "__main__":
    main()
