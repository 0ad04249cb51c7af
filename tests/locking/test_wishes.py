"""What a list of models may say: all else is refused, by file, table and key, before anybody is asked."""

from __future__ import annotations

import pytest

from hubkit import ConfigError, locking
from hubkit._locking._wishes import Wish, read_wishes

ONE = '[[models]]\nid = "org/model"\n'


def test_all_that_may_be_said(wanted):
    """A model's own word replaces the one for all, key by key."""
    text = """
licenses = ["mit"]
formats = ["safetensors"]
allow_unknown_license = true
[[models]]
id = "org/a"
[[models]]
id = "b"
revision = "refs/pr/3"
allow_patterns = ["*.json"]
ignore_patterns = ["x/*", "*.bin"]
licenses = ["gemma", "apache-2.0"]
allow_unknown_license = false
"""
    common = {"formats": ("safetensors",)}

    assert (
        Wish(model_id="org/a", licenses=("mit",), allow_unknown_license=True, **common),
        Wish(
            model_id="b",
            revision="refs/pr/3",
            allow_patterns=("*.json",),
            ignore_patterns=("x/*", "*.bin"),
            licenses=("gemma", "apache-2.0"),
            allow_unknown_license=False,
            **common,
        ),
    ) == read_wishes(wanted(text))


def test_list_as_windows_writes_it(wanted):
    """A byte order mark and Windows' line ends are no mistakes."""
    plain = wanted(ONE)
    expected = read_wishes(plain)
    plain.write_bytes(b"\xef\xbb\xbf" + ONE.replace("\n", "\r\n").encode())

    assert expected == read_wishes(plain)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"at least one table \[\[models\]\] is needed"),
        ("models = []", r"at least one table \[\[models\]\] is needed"),
        ('models = ["org/a"]', r"at least one table \[\[models\]\] is needed"),
        ("[models]\nid = 'a'", r"at least one table \[\[models\]\] is needed"),
        ("[[model]]\nid = 'a'", "unknown key 'model'; did you mean 'models'"),
        (f"licences = ['mit']\n{ONE}", "unknown key 'licences'; did you mean 'licenses'"),
        (ONE + "revison = 'x'", r"\[\[models\]\] 1 \(org/model\): unknown key 'revison'; did you mean 'revision'"),
        ("[[models]]\nrevision = 'x'", r"\[\[models\]\] 1: id: is missing"),
        ("[[models]]\nid = 3", r"\[\[models\]\] 1: id: the value must be text"),
        ("[[models]]\nid = 'a//b'", r"id: the value 'a//b' is not a repository id"),
        (f"{ONE}{ONE}", r"\[\[models\]\] 2: id: 'org/model' is \[\[models\]\] 1 already"),
        (f"{ONE}[[models]]\nid = 'ORG/model'", "already"),
        (ONE + "revision = ''", r"\(org/model\): revision: the value '' is not the name of a branch"),
        (ONE + "revision = 1", "revision: the value must be text"),
        (ONE + "allow_patterns = '*.json'", "allow_patterns: the value must be a list of texts"),
        (ONE + "allow_patterns = []", "allow_patterns: the value must be a list of texts"),
        (ONE + "ignore_patterns = [1]", "ignore_patterns: the value must be a list of texts"),
        (ONE + 'ignore_patterns = ["a\\u0007"]', "control characters"),
        (ONE + "licenses = 'mit'", r"\(org/model\): licenses: the value must be a list of texts"),
        (f"licenses = ['other']\n{ONE}", "licenses: 'other' may be any licence"),
        (f"licenses = [{{a = 1}}]\n{ONE}", "licenses: the value must be a list of texts"),
        (f"formats = ['safetensor']\n{ONE}", "'safetensor' is no format of weights; did you mean 'safetensors'"),
        (f"formats = ['zzz']\n{ONE}", "'zzz' is no format of weights: there are ggml, gguf"),
        (f"allow_unknown_license = 'no'\n{ONE}", "allow_unknown_license: the value must be true or false"),
        ("x = ", "not TOML"),
        ("id = \ud800".encode("utf-8", "surrogatepass"), "not TOML"),
        ("a = " + "[" * 5000, "not TOML"),
    ],
)  # fmt: skip
def test_mistakes(hub, client, tmp_path, text, said):
    """One clear error, which names the file; nobody is asked and nothing is written."""
    path = tmp_path / "models.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    for verb in (locking.lock, locking.check):
        with pytest.raises(ConfigError, match=said) as caught:
            verb(client(), path)
        assert str(caught.value).startswith(str(path))
        assert str(caught.value).isprintable()

    assert 0 == hub.total_requests
    assert ["models.toml"] == [each.name for each in tmp_path.iterdir() if each.is_file()]


def test_file_that_cannot_be_read(client, tmp_path):
    """A list that isn't there, and one that is a folder."""
    (tmp_path / "folder.toml").mkdir()
    for name, told in (("none.toml", r"doesn't exist: .*\[\[models\]\]"), ("folder.toml", "can't be read")):
        with pytest.raises(ConfigError, match=told):
            locking.lock(client(), tmp_path / name)

    assert [] == list(tmp_path.glob("*.lock"))
