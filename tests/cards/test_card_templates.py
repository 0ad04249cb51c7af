"""Templates of a caller's own: their layout, our content, and no way out of the sandbox."""

import pytest
from rendered_cards import parsed

from hubkit.cards import AdapterFacts, render_card, update_card
from hubkit.errors import CardError

FACTS = AdapterFacts(library_name="peft", method="LoRA", r=8, peft_version="1.0", target_modules=("*x*",))


def of(template, **words):
    """A card by a template."""
    return render_card(FACTS, repo_id="ann/foxes", template=template, **words)


def test_layout_of_the_callers():
    """A template orders sections, leaves some out, and adds its own words."""
    card = of('# My {{ title }}\n\n{{ sections["Framework Versions"] }}\n\n## Rank\n\n{{ facts.r }}\n')

    assert ["# My foxes", "## Framework Versions", "## Rank"] == parsed(card).headings
    assert "library_name: peft\n" in card


def test_template_from_a_file(tmp_path):
    """A path is read; text is text, even when a file has that name."""
    path = tmp_path / "card.md.j2"
    path.write_bytes(b"# {{ title }}\r\n\r\nFrom a file.\r\n")

    assert "# foxes\n\nFrom a file." in of(path)
    assert str(path) in of(f"# x\n{path}").replace("\\", "")


def test_what_a_template_shows_is_escaped():
    """Data becomes Markdown only through a filter."""
    card = of(
        "# x\n\n{{ facts.target_modules[0] }} {{ facts.target_modules | codes }} {{ license.id }}|",
        license="<b>",
    )

    assert "\\*x\\* `*x*` \\<b>|" in card


def test_regions_of_a_template_are_kept_up_to_date():
    """What a template marks is replaced in an existing card; what it doesn't mark is written once."""
    template = '# x\n\nonce {}\n\n{{% call region("Mine") %}}\nagain {}\n{{% endcall %}}\n'
    cards = [of(template.format(word, word)) for word in ("a", "b")]

    text = update_card(*cards).text
    assert ("once a" in text, "again b" in text, "again a" in text) == (True, True, False)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("# x\n{% if %}\n", "template: line 2: TemplateSyntaxError"),
        ("# x\n\n{{ nobody }}\n", "template: line 3: UndefinedError: ''nobody' is undefined'"),
        ("{{ facts.nothing }}", "template: line 1: UndefinedError"),
        ("# x\n{{ 1 / 0 }}", "template: line 2: ZeroDivisionError"),
        ("{{ sections['Nope'] }}", "template: line 1: UndefinedError"),
        ("---\nlicense: mit\n---\n# x", "template: line 1: the front matter is written for you"),
        ("\n{{ ''.__class__.__mro__ }}", "template: line 2: SecurityError"),
        ("{{ facts.__init__.__globals__ }}", "SecurityError"),
        ("{{ region.__globals__ }}", "SecurityError"),
        ("{{ sections.clear() }}", "SecurityError"),
        ("{% include '/etc/passwd' %}", "TemplateNotFound"),
    ],
)
def test_errors_of_templates(template, said):
    """Each is a CardError that names the line; nothing gets out of the sandbox."""
    with pytest.raises(CardError, match=said):
        of(template)


def test_template_file_that_can_not_be_read(tmp_path):
    """Missing, foreign or huge files are errors of ours."""
    (tmp_path / "latin").write_bytes(b"\xe9")
    (tmp_path / "huge").write_bytes(b"x" * 1_100_000)
    for name, said in [
        ("none", "missing"),
        ("latin", "not UTF-8"),
        ("huge", "over 1,048,576"),
        (".", "regular"),
    ]:
        with pytest.raises(CardError, match=said):
            of(tmp_path / name)


def test_template_can_not_leak_what_the_last_pass_takes_out():
    """Secrets and home paths of the template's own are scrubbed as well."""
    assert "(local path) (secret removed)" in of("# x\n/home/ann/x {{ 'hf_' ~ 'a' * 30 }}")
