"""Tokens: where they are looked for, what they look like, and where they are never put."""

from __future__ import annotations

import os
import subprocess
import sys

import keyring
import keyring.backend
import keyring.backends.chainer
import keyring.backends.fail
import keyring.errors
import pytest

from hubkit import ConfigError, HubConfig, InvalidTokenError
from hubkit._credentials import check_hub_token, find_token, forget_token, remember_token, token_from
from hubkit._secrets import Secret

ENDPOINT = "https://hub.example"
TOKEN = Secret("hf_abcdefgh")


@keyring.backend.KeyringBackend.register
class SafeKeyring:
    """A keystore that works, in memory.

    Registered, not derived: keyring would offer any derived class to the whole process.
    """

    priority = 5

    def __init__(self) -> None:
        self.name = f"test {type(self).__name__}"
        self.passwords: dict[tuple[str, str], str] = {}

    def get_password(self, service, username):
        """The password."""
        return self.passwords.get((service, username))

    def set_password(self, service, username, password):
        """Keep one."""
        self.passwords[service, username] = password

    def delete_password(self, service, username):
        """Forget one."""
        if self.passwords.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError("no such password")


class PlaintextKeyring(SafeKeyring):
    """As keyrings.alt has one."""


class NullCrypter(SafeKeyring):
    """Encrypts by doing nothing."""


class LockedKeyring(SafeKeyring):
    """A keystore whose owner clicked "cancel"."""

    def get_password(self, *_):
        """Nothing."""
        raise keyring.errors.KeyringLocked("cancelled by the user, who has the password pw-123")

    set_password = get_password
    delete_password = get_password


class CrashingKeyring(SafeKeyring):
    """A keystore whose desktop service is gone."""

    def get_password(self, service, username):
        """Nothing."""
        raise OSError("D-Bus is gone")


class UnsuitableKeyring(SafeKeyring):
    """A keystore chosen by name on a machine that lacks what it needs."""

    @property
    def priority(self):
        """Not to be had."""
        raise RuntimeError("SecretStorage required")


@pytest.fixture
def use_keyring():
    """Puts a keystore in place of the machine's own."""
    before = keyring.get_keyring()

    def use(backend):
        keyring.set_keyring(backend)
        return backend

    yield use
    keyring.set_keyring(before)


@pytest.fixture
def keystore(use_keyring):
    """A keystore that works."""
    return use_keyring(SafeKeyring())


@pytest.fixture
def headless(use_keyring):
    """A machine without any."""
    return use_keyring(keyring.backends.fail.Keyring())


@pytest.mark.parametrize(
    "credentials",
    [{"token": "hf_abcdefgh"}, {"api_key": "hf_abcdefgh"}, {"token": " hf_abcdefgh\n"}, {"token": TOKEN}],
)
def test_token_of_an_argument(credentials) -> None:
    """A token is taken as `token` or `api_key`, as text or secret, without the spaces around it."""
    assert token_from(credentials) == TOKEN


@pytest.mark.parametrize("credentials", [{}, {"token": ""}, {"token": None}, {"token": 5}, {"user": "x"}])
def test_missing_token(credentials) -> None:
    """The error about a missing token is what the first connector said."""
    with pytest.raises(InvalidTokenError, match=r"^token is required$"):
        token_from(credentials)


@pytest.mark.parametrize("credentials", ["hf_abcdefgh", None, ["hf_abcdefgh"], 5])
def test_credentials_that_are_no_mapping(credentials) -> None:
    """A bare token in place of the mapping is refused with a hint, and isn't repeated."""
    with pytest.raises(
        InvalidTokenError, match=r"^token is required: credentials must be a mapping"
    ) as caught:
        token_from(credentials)

    assert "abcdefgh" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["abcdefg", "HF_abcdefgh", "hf_", "hf_secret b", "hf_secret\nb", "hf_secretä", "hf_secret\x7f"]
)
def test_wrong_shape(text) -> None:
    """A token of another shape is refused without being repeated."""
    with pytest.raises(InvalidTokenError, match="Invalid HuggingFace token format") as caught:
        check_hub_token(Secret(text))

    assert "secret" not in str(caught.value)
    assert "abcdefg" not in str(caught.value)


def test_settings_come_first(keystore) -> None:
    """A configured token is used, whatever lies in the keystore."""
    keystore.set_password("hubkit", ENDPOINT, "hf_stored")
    found = find_token(HubConfig(endpoint=ENDPOINT, token="other-shape"))

    assert ("settings", Secret("other-shape")) == (found.source, found.token)


def test_keystore_comes_next(keystore) -> None:
    """Without a configured token that of the keystore is used, each endpoint having its own."""
    assert remember_token(ENDPOINT, TOKEN) == keystore.name
    found = find_token(HubConfig(endpoint=ENDPOINT))

    assert ("keystore", TOKEN) == (found.source, found.token)
    assert find_token(HubConfig(endpoint="https://other.example")) is None


def test_forgetting(keystore) -> None:
    """A token can be forgotten, once."""
    remember_token(ENDPOINT, TOKEN)

    assert [True, False] == [forget_token(ENDPOINT), forget_token(ENDPOINT)]
    assert keystore.passwords == {}


@pytest.mark.parametrize("backend", [PlaintextKeyring, NullCrypter])
def test_plaintext_keystore_is_refused(use_keyring, backend) -> None:
    """A keystore that encrypts nothing neither gets a token nor gives one."""
    keystore = use_keyring(backend())
    keystore.set_password("hubkit", ENDPOINT, "hf_stored")
    with pytest.raises(ConfigError, match="plain text"):
        remember_token(ENDPOINT, TOKEN)

    assert list(keystore.passwords.values()) == ["hf_stored"]
    assert find_token(HubConfig(endpoint=ENDPOINT)) is None


def test_chain_with_a_plaintext_keystore_is_refused(use_keyring) -> None:
    """A chain is as safe as its worst member."""

    class Chain(SafeKeyring):
        backends = (SafeKeyring(), PlaintextKeyring())

    use_keyring(Chain())
    with pytest.raises(ConfigError, match="plain text"):
        remember_token(ENDPOINT, TOKEN)


@pytest.mark.parametrize("work", [lambda: remember_token(ENDPOINT, TOKEN), lambda: forget_token(ENDPOINT)])
def test_headless_machine_gets_a_hint(headless, work) -> None:
    """On a server without a keystore the error says what to do instead."""
    with pytest.raises(ConfigError, match=r"set HF_TOKEN, or run 'hf auth login'"):
        work()


def test_unsuitable_keystore_gets_the_hint(use_keyring) -> None:
    """A keystore that can't work here counts as none, whatever it raises about that."""
    use_keyring(UnsuitableKeyring())
    with pytest.raises(ConfigError, match="set HF_TOKEN"):
        remember_token(ENDPOINT, TOKEN)


@pytest.mark.parametrize(
    "backend", [LockedKeyring, CrashingKeyring, UnsuitableKeyring, keyring.backends.fail.Keyring]
)
def test_failing_keystore_is_passed_over(use_keyring, backend) -> None:
    """Looking for a token goes on when the keystore can't answer."""
    use_keyring(backend())

    assert find_token(HubConfig(endpoint=ENDPOINT)) is None


def test_locked_keystore_says_so(use_keyring) -> None:
    """A write to a locked keystore is an error without the keystore's own words."""
    use_keyring(LockedKeyring())
    for work in (lambda: remember_token(ENDPOINT, TOKEN), lambda: forget_token(ENDPOINT)):
        with pytest.raises(ConfigError, match="KeyringLocked") as caught:
            work()

        assert "pw-123" not in str(caught.value)


def test_token_file_comes_last(tmp_path) -> None:
    """The file of `hf auth login` is read in the end; huggingface_hub fixes its place at import."""
    (tmp_path / "token").write_text("hf_fromfile\n")
    code = (
        "import keyring, keyring.backends.fail\n"
        "keyring.set_keyring(keyring.backends.fail.Keyring())\n"
        "from hubkit import HubConfig\n"
        "from hubkit._credentials import find_token\n"
        "found = find_token(HubConfig())\n"
        "print(found.source, found.token.reveal(), found)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HF_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stdout.startswith("hf token file hf_fromfile FoundToken(token=Secret('***')"), done.stderr


@pytest.mark.parametrize(("variable", "found"), [(None, "None False"), ("hf_old", "hf_old True")])
def test_huggingface_hub_is_asked_when_it_may_know(tmp_path, variable: str | None, found: str) -> None:
    """Where nothing of what it reads is there, its libraries aren't loaded; its older variable still counts."""
    code = (
        "import sys, keyring, keyring.backends.fail\n"
        "keyring.set_keyring(keyring.backends.fail.Keyring())\n"
        "from hubkit import HubConfig\n"
        "from hubkit._credentials import find_token\n"
        "found = find_token(HubConfig())\n"
        "print(found and found.token.reveal(), 'huggingface_hub.utils' in sys.modules)"
    )
    given = {} if variable is None else {"HUGGING_FACE_HUB_TOKEN": variable}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HF_HOME": str(tmp_path), **given},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert found == done.stdout.strip(), done.stderr


linux_alone = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere the system has a keystore of its own"
)

CHOSEN = """
from keyring.backend import KeyringBackend

class Keyring(KeyringBackend):
    priority = 5
    name = "chosen"

    def get_password(self, service, username):
        return f"hf_{service}"

    set_password = delete_password = None
"""


@pytest.fixture
def asked(tmp_path):
    """What a process without a desktop finds, and whether it has loaded keyring for it."""
    code = (
        "import sys\n"
        "from hubkit import HubConfig\n"
        "from hubkit._credentials import find_token\n"
        "found = find_token(HubConfig())\n"
        "print(found and found.token.reveal(), 'keyring' in sys.modules)"
    )
    (tmp_path / "chosen").mkdir()
    (tmp_path / "chosen" / "chosen_keystore.py").write_text(CHOSEN)

    def ask(**variables):
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        bare = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path / "run")}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**kept, **bare, **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "" == done.stderr
        return done.stdout.strip()

    return ask


@linux_alone
def test_no_desktop_and_nothing_chosen(asked) -> None:
    """On a server keyring isn't even loaded: it would take most of what a command takes."""
    assert "None False" == asked()


@linux_alone
@pytest.mark.parametrize("variable", ["DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY"])
def test_a_desktop_is_asked(asked, variable: str) -> None:
    """Whatever may lead to a keystore does."""
    assert "None True" == asked(**{variable: "unix:path=/nowhere"})


@linux_alone
def test_a_bus_without_a_variable_is_asked(asked, tmp_path) -> None:
    """A service of the user's has the socket alone."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "bus").touch()

    assert "None True" == asked()


@linux_alone
@pytest.mark.parametrize("by", ["variable", "file", "package"])
def test_a_chosen_keystore_needs_no_desktop(asked, tmp_path, by: str) -> None:
    """One that is named, or that another package brings, is asked as before."""
    folder = tmp_path / "chosen"
    if by == "file":
        (tmp_path / "python_keyring").mkdir()
        (tmp_path / "python_keyring" / "keyringrc.cfg").write_text(
            "[backend]\ndefault-keyring=chosen_keystore.Keyring\n"
        )
    elif by == "package":
        (folder / "chosen-1.0.dist-info").mkdir()
        (folder / "chosen-1.0.dist-info" / "METADATA").write_text("Name: chosen\nVersion: 1.0\n")
        (folder / "chosen-1.0.dist-info" / "entry_points.txt").write_text(
            "[keyring.backends]\nchosen = chosen_keystore\n"
        )
    variables = {"PYTHON_KEYRING_BACKEND": "chosen_keystore.Keyring"} if by == "variable" else {}
    found = asked(
        **variables,
        PYTHONPATH=os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]),
        XDG_CONFIG_HOME=str(tmp_path),
    )

    assert "hf_hubkit True" == found
