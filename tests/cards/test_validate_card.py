"""What a check finds in a whole card: where its metadata is, that it is YAML, and what no card should hold."""

from pathlib import Path

import pytest

from hubkit.cards import Finding, read_adapter, render_card, validate_card
from hubkit.errors import InvalidArgumentError

CARD = "---\nlicense: mit\n---\n\n# Foxes\n\nTuned on foxes.\n"


def found(text):
    """Severity, key and line of each finding."""
    return [(one.severity, one.key, one.line) for one in validate_card(text)]


def with_body(body):
    """A sound card with a body."""
    return f"---\nlicense: mit\n---\n{body}"


def test_a_sound_card_has_no_finding():
    """Nothing is wrong with it."""
    assert [] == validate_card(CARD)


def test_a_finding_names_everything():
    """Severity, key, message, remedy and line are there, and read well in one line."""
    expected = Finding(
        severity="error",
        key="base_model",
        message='"base_model" with value "/out/tiny" is not valid. Use a model id from https://hf.co/models.',
        remedy="write the id of the model, such as org/name; what isn't on the Hub belongs into the text",
        line=3,
    )

    assert [expected] == validate_card("---\nlicense: mit\nbase_model: /out/tiny\n---\n")
    assert str(expected).startswith('line 3: base_model: "base_model" with value "/out/tiny"')


def test_findings_are_in_order():
    """By line, then key, however the rules are run; twice the same."""
    text = "---\nlanguage: [EN, zz]\nlicense: MIT\ndatasets: /a/b/c\n---\n[More Information Needed]\n```\n"

    lines = [one.line for one in validate_card(text)]
    assert sorted(lines) == lines
    assert 6 == len(lines)
    assert validate_card(text) == validate_card(text)


@pytest.mark.parametrize("name", ["README.peft.md", "README.transformers.md"])
def test_tools_cards_have_findings(tool_readme, name):
    """What PEFT and the Trainer leave behind is refused for its path, and warned about for its placeholders."""
    findings = validate_card(tool_readme("lora-trainer-run-causal-lm", name))

    assert ["base_model"] == [one.key for one in findings if one.severity == "error"]
    assert "body" in {one.key for one in findings}


def test_our_own_cards_have_none(adapter_folder):
    """What is rendered for a real adapter passes."""
    facts = read_adapter(adapter_folder)
    card = render_card(
        facts,
        repo_id="org/foxes",
        base_model="org/base",
        license="apache-2.0",
        dataset=["org/foxes", "my own notes"],
        language=["en", "no"],
        tags=["1e5", "2024-01-01", "a: b"],
        description="Of foxes: `{{ not a template }}`.",
        training_config={"seed": 1, "output_dir": "/home/ann/out"},
        metrics={"accuracy": 0.9},
    )

    assert [] == validate_card(card)


class TestFrontMatter:
    @pytest.mark.parametrize(
        "text", ["", "# Hi\n", "---\n\n---\n", "---\n# only this\n---\n", "---\n{}\n---\n"]
    )
    def test_missing_or_empty(self, text):
        """The Hub's own warning."""
        (one,) = validate_card(text)

        assert ("warning", "front matter") == (one.severity, one.key)
        assert "empty or missing yaml metadata in repo card" == one.message

    @pytest.mark.parametrize(
        ("text", "remedy"),
        [
            ("---\nlicense: mit\n", "end it with a line ---"),
            ("---\nlicense: mit\n----\n", "end it with a line ---"),
            ("--- \nlicense: mit\n---\n", "take the blanks behind the first --- away"),
            ("# Hi\n\n---\nlicense: mit\n---\n", "move the block of line 3 to the top"),
            ("# Hi\n", "begin the file with a block"),
        ],
    )
    def test_why_it_is_missing(self, text, remedy):
        """The remedy says what keeps the Hub from finding it."""
        assert remedy in validate_card(text)[0].remedy

    @pytest.mark.parametrize(
        ("block", "line", "message"),
        [
            ("license: [", 3, "is not valid YAML"),
            ("a: b\nc: d: e", 3, "mapping values are not allowed"),
            ("a:\n\t- b", 3, "a tab"),
            ("a: *b", 2, "an anchor that isn't there"),
            ("a: b\n...\n--- {c: d}", 4, "several documents"),
            ("a: \x07", 2, "characters that YAML doesn't allow"),
            ("- mit", 2, "no mapping"),
            ("mit", 2, "no mapping"),
            ("a: 1\nb: 2\na: 3", 4, "duplicated mapping key"),
            ("x:\n  a: 1\n  a: 2", 4, "duplicated mapping key"),
        ],
    )
    def test_what_no_parser_takes(self, block, line, message):
        """Broken front matter is an error that names the line."""
        errors = [one for one in validate_card(f"---\n{block}\n---\n") if one.severity == "error"]

        assert [line] == [one.line for one in errors]
        assert message in errors[0].message

    @pytest.mark.parametrize(
        ("text", "key", "line"),
        [
            ("\ufeff---\nlicense: mit\n---\n", "front matter", 1),
            ("---\na: &x 1\nb: *x\n---\n", "front matter", 3),
            ("---\n? [a]\n: b\nlicense: mit\n---\n", "front matter", 2),
            ("---\nmine:\n---\n", "mine", 2),
            ("---\nmine: {a: [1, ~]}\n---\n", "mine.a[1]", 2),
            ("---\r\nlicense: mit\r\nmine: null\r\n---\r\n", "mine", 3),
            ("\n\n---\nmine: null\n---\n", "mine", 4),
        ],
    )
    def test_what_readers_disagree_on(self, text, key, line):
        """Byte order marks, aliases, odd keys and nulls are warned about, on the line where they are."""
        assert [("warning", key, line)] == found(text)

    @pytest.mark.parametrize("key", ["thumbnail", "instance_prompt", "description"])
    def test_nulls_that_tools_write(self, key):
        """The Hub's own types have null for these."""
        assert [] == validate_card(f"---\n{key}: null\n---\n")

    @pytest.mark.parametrize(
        ("block", "message"),
        [
            ("a: " + "[" * 70 + "]" * 70, "64 levels"),
            ("a: [" + "1, " * 50_001 + "]", "50,000 values"),
            ("a: " + "x" * 1_000_001, "1,000,000 characters"),
        ],
    )
    def test_what_is_too_big(self, block, message):
        """It isn't checked, which is no error: the Hub may well take it."""
        (one,) = validate_card(f"---\n{block}\n---\n")

        assert ("warning", "front matter") == (one.severity, one.key)
        assert message in one.message

    def test_hundreds_of_findings_are_cut(self):
        """A hundred of each severity are enough."""
        findings = validate_card("---\nlanguage:\n" + "- abcd\n" * 300 + "---\n")

        assert 101 == len(findings)
        assert findings[-1].message.startswith("there are more findings")


class TestYamlVersions:
    @pytest.mark.parametrize(
        ("text", "old", "new"),
        [
            ("no", "false", 'the text "no"'),
            ("Yes", "true", 'the text "Yes"'),
            ("on", "true", 'the text "on"'),
            ("1_000", "the number 1000", 'the text "1_000"'),
            ("1:20", "the number 80", 'the text "1:20"'),
            ("0b11", "the number 3", 'the text "0b11"'),
            ("2024-01-31", "date", 'the text "2024-01-31"'),
            ("010", "the number 8", "the number 10"),
            ("0o17", 'the text "0o17"', "the number 15"),
            ("1e5", 'the text "1e5"', "the number 100000.0"),
            ("1e-5", 'the text "1e-5"', "the number 1e-05"),
            ("12e4567", 'the text "12e4567"', "the number inf"),
            ("=", "a default key", 'the text "="'),
        ],
    )
    def test_both_readings_are_named(self, text, old, new):
        """A plain scalar that the two versions of YAML read otherwise."""
        (one,) = validate_card(f"---\nmine: {text}\n---\n")

        assert ("warning", "mine", 2) == (one.severity, one.key, one.line)
        assert f"for {old}, " in one.message
        assert one.message.endswith(f"for {new}")

    @pytest.mark.parametrize(
        "value",
        ['"no"', "'1e5'", "!!str no", "|\n  no", "true", "12", "1.5", "0.00001", "1.0e-5", "mit", "~x", "1.2.3",
         "+", "0x1F", ".5", "y", "a no", "v1e5"],
    )  # fmt: skip
    def test_what_both_read_alike(self, value):
        """Quoted, typed and plain values that mean the same to all."""
        assert [] == validate_card(f"---\nmine: {value}\n---\n")

    def test_keys_are_read_too(self):
        """A key that is a boolean to one is a text to the other."""
        assert [("warning", "mine.no", 2)] == found("---\nmine: {no: a}\n---\n")

    def test_one_finding_for_one_value(self):
        """What is no string to the Hub needn't be called doubtful as well."""
        (one,) = validate_card("---\ntags: [1e5]\n---\n")

        assert ("error", "tags[0]", '"tags[0]" must be a string') == (one.severity, one.key, one.message)
        assert 'put it in quotes: "1e5"' == one.remedy


class TestBody:
    @pytest.mark.parametrize(
        ("body", "line"),
        [
            ("[More Information Needed]", 4),
            ("x\n<!-- Provide a quick summary of what the model is/does. -->", 5),
            ("x {{ model_id }}", 4),
            ("{{ card_data | default('x', true) }}", 4),
            ("```python\nload('your-username/model')\n```", 5),
            ("Lorem ipsum dolor", 4),
            ("\n```python\nx = 1\n", 5),
            ("~~~\n```\n", 4),
            ("````\n```\n", 4),
            ("see /home/ann/out/adapter", 4),
            ("[/tmp/run](https://example.org)", 4),
            ("`C:\\Users\\Ann\\out`", 4),
            ("file:///data/x", 4),
            ("trained in /content/drive/run", 4),
            ("\x1b[31mred", 4),
            ("a\u202eb", 4),
            ("caf\ufffd", 4),
        ],
    )
    def test_what_should_not_be_published(self, body, line):
        """Placeholders, open code blocks, paths and invisible characters are warned about."""
        assert [("warning", "body", line)] == found(with_body(body))

    @pytest.mark.parametrize(
        "body",
        [
            "```\n{{ bos_token }}\n```",
            "Write `{{ bos_token }}` first.",
            "````\n```\n````",
            "~~~\n```\n~~~",
            "- a\n  ```sh\n  x\n  ```",
            "1. ```sh\n   x\n   ```",
            "> ```\n> x\n> ```",
            "Inline ``` a ``` code",
            "```js x``` too",
            "https://example.org/home/ann and https://x.org/content/drive",
            "[docs](/content/about)",
            "either/or, /usr/bin/env, ~/.cache/huggingface",
            "POST /v1/chat/completions, GET /data/items, 1/2, and/or, https://x.org/~ann/data/x, ~5/6",
            '<img src="/media/fox.png"> ![fox](/data/fox.png)',
            "Q:\\nWho?\\nA:\\nA fox.\\n",
            "```sh\nhf download org/x --local-dir ~/models\n```\nor into `~/models`",
            "as in the commit da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "\u0645\u0631\u062d\u0628\u0627\u200f!",
            "<!-- a comment -->",
        ],
    )
    def test_what_may_stand_there(self, body):
        """Code, links, quotations and other alphabets are nobody's mistake."""
        assert [] == validate_card(with_body(body))

    @pytest.mark.parametrize(
        "path",
        [
            *(
                "/mnt/nvme/x",
                "/data/foxes",
                "/data2/foxes",
                "/fsx/x",
                "/gpfs/x",
                "/lustre/x",
                "/work/x",
                "/srv/x",
            ),
            *(
                "/media/ann/x",
                "/Volumes/x/y",
                "/scratch/x",
                "~/out",
                r"D:\runs\x",
                r"D:\\runs\\x",
                "E:/runs/x",
            ),
        ],
    )
    def test_paths_of_every_machine(self, path):
        """Disks of clusters, mounted ones and those of Windows are no less local than homes."""
        assert [("warning", "body", 4)] == found(with_body(f"Trained in {path} at night."))

    def test_what_comes_often_is_said_once(self):
        """The first of its kind, and how many more there are."""
        (one,) = validate_card(with_body("[More Information Needed]\n" * 39))

        assert "(and 38 more like it)" in one.message

    def test_a_path_in_the_metadata_has_its_key(self):
        """Values of any key are searched."""
        assert [("warning", "mine.dir", 2)] == found("---\nmine: {dir: /home/ann/out}\n---\n")


# Put together here, so that no scanner takes this file for a leak.
SECRETS = {
    "a Hugging Face token": "hf" + "_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3f",
    "an AWS access key": "AKIA" + "Q3EGRZ7XN5MYV2KD",
    "a GitHub token": "ghp" + "_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fGh",
    "a GitLab token": "glpat" + "-aB3dE5gH7jK9mN1pQ3sT",
    "an OpenAI or Anthropic key": "sk" + "-proj-aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3f",
    "a Google API key": "AIza" + "SyaB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3",
    "a Slack token": "xoxb" + "-123456789012-aB3dE5gH7jK9",
    "an npm token": "npm" + "_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fGh",
    "a PyPI token": "pypi" + "-AgEIcHlwaS5vcmcaB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3f",
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "a Weights & Biases key": "wandb login 0a1b2c3d4e5f60718293a4b5c6d7e8f9" + "0a1b2c3d",
}


class TestSecrets:
    @pytest.mark.parametrize("kind", SECRETS)
    def test_in_the_body(self, kind):
        """Each shape is an error that names its kind and line, and shows nothing of it."""
        secret = SECRETS[kind]
        (one,) = validate_card(with_body(f"# Hi\n\n    key = {secret}\n"))

        assert ("error", "body", 6) == (one.severity, one.key, one.line)
        assert kind in one.message
        assert secret.rpartition(" ")[2] not in str(one)

    @pytest.mark.parametrize("kind", SECRETS)
    def test_in_the_metadata(self, kind):
        """No finding of any rule shows it, whatever key it stands under."""
        secret = SECRETS[kind]
        keys = ("license", "base_model", "pipeline_tag", "library_name", "language", "mine", "tags")
        findings = validate_card("".join(["---\n", *(f"{key}: {secret}\n" for key in keys), "---\n"]))

        assert len(keys) <= len([one for one in findings if "everybody could read it" in one.message])
        assert not any(secret.rpartition(" ")[2] in str(one) for one in findings)

    @pytest.mark.parametrize(
        "text",
        ["hf_" + "x" * 34, "hf_your_token_here", "AKIAIOSFODNN7EXAMPLE", "sk-...", "ghp_" + "x" * 36,
         "-----BEGIN CERTIFICATE-----", "wandb run of commit", "sk-learn-models-and-some-more-words"],
    )  # fmt: skip
    def test_what_stands_for_one_in_documentation(self, text):
        """Nothing random about it."""
        assert [] == validate_card(with_body(text))


@pytest.mark.parametrize("card", [Path("README.md"), b"# Foxes\n", None])
def test_what_is_no_text(card):
    """A path in place of the text is refused as an argument, by name."""
    with pytest.raises(InvalidArgumentError, match="text must be the text of a card"):
        validate_card(card)
