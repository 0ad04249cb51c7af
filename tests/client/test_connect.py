"""Tokens: taken, verified, forgotten."""

from __future__ import annotations

import pytest

from hubkit import AuthenticationError, InvalidTokenError, NotConnectedError, TransportError


def test_connect_verifies(hub, client, alice):
    """A good token connects, and the Hub says whose it is."""
    assert client.connect({"token": alice}) is True
    assert client.is_connected
    assert "alice" == client.whoami().name
    assert client.verify_connection()


def test_disconnect_forgets(client, alice):
    """Afterwards everything is anonymous."""
    client.connect({"token": alice})

    assert client.disconnect() is True
    assert not client.is_connected
    assert not client.verify_connection()
    with pytest.raises(NotConnectedError):
        client.whoami()


@pytest.mark.parametrize("credentials", [{}, {"token": ""}, {"token": None}, {"other": "x"}, "hf_abc", None])
def test_missing_token(client, hub, credentials):
    """No token: a ValueError that says so, before any request."""
    hub.reset_counts()
    with pytest.raises(InvalidTokenError, match="token is required"):
        client.connect(credentials)

    assert 0 == hub.total_requests


@pytest.mark.parametrize("token", ["abc", "HF_abc", "hf_", "hf_a b", "hf_\x1b[2J", "hf_ä"])
def test_wrong_shape(client, hub, token):
    """A token of another shape is refused before any request, and not repeated."""
    hub.reset_counts()
    with pytest.raises(ValueError, match="Invalid HuggingFace token format") as info:
        client.connect({"token": token})

    assert 0 == hub.total_requests
    assert token not in str(info.value).replace("'hf_'", "")


def test_refused_token(client, hub):
    """A token that the Hub doesn't know is a ValueError too."""
    with pytest.raises(AuthenticationError, match="refused") as info:
        client.connect({"token": "hf_unknownunknownunknown"})

    assert isinstance(info.value, ValueError)
    assert "unknownunknown" not in str(info.value)
    assert not client.is_connected


def test_failed_connect_keeps_the_old_token(client, alice):
    """A second, failing connect doesn't lose the first."""
    client.connect({"token": alice})
    with pytest.raises(AuthenticationError):
        client.connect({"token": "hf_unknownunknownunknown"})

    assert "alice" == client.whoami().name


def test_unreachable(hub, make_client, alice):
    """A hub that can't be reached is a ConnectionError."""
    hub.stop()
    with pytest.raises(ConnectionError) as info:
        make_client(retries=0).connect({"token": alice})

    assert isinstance(info.value, TransportError)


def test_failing_hub_is_a_failure_to_connect(hub, make_client, alice):
    """So is one that answers with its own failures, and an offline switch."""
    hub.fail("whoami", status=503, times=None)
    with pytest.raises(ConnectionError):
        make_client(retries=0).connect({"token": alice})
    with pytest.raises(ConnectionError, match="offline"):
        make_client(offline=True).connect({"token": alice})


def test_configured_token_is_used_at_once(make_client, alice):
    """A token of the settings needs no connect."""
    client = make_client(token=alice)

    assert "alice/secret" == client.get_model_metadata("alice/secret").model_id
    assert client.connect() is True


def test_configured_token_may_have_any_shape(hub, make_client):
    """Self-hosted hubs hand out other shapes; `connect` alone insists on ours."""
    hub.add_user("carol", "any-shape.of:token")
    client = make_client(token="any-shape.of:token")

    assert "carol" == client.whoami().name
    with pytest.raises(InvalidTokenError):
        client.connect()


def test_bad_token_on_a_public_model(make_client):
    """A refused token is called that, not a missing model."""
    with pytest.raises(AuthenticationError, match="refused"):
        make_client(token="hf_revokedrevokedrevoked").get_model_metadata("gpt2")


def test_token_shows_nowhere(make_client, alice):
    """Not in a repr."""
    client = make_client(token=alice)

    assert alice not in repr(client) + repr(client.config) + repr(vars(client))
