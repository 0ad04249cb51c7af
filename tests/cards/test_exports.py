"""What the package shows, and what it costs to import."""

import subprocess
import sys

import hubkit.cards

HEAVY = ("huggingface_hub", "jinja2", "requests", "yaml")


def test_all_is_sorted_and_complete():
    """The public names are in order, exist, and are all that is visible."""
    visible = sorted(
        name for name in vars(hubkit.cards) if not name.startswith("_") and name != "annotations"
    )

    assert visible == hubkit.cards.__all__


def test_import_is_light():
    """Template and YAML libraries wait until they are used."""
    script = f"import sys, hubkit.cards; print([name for name in {HEAVY!r} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip()
