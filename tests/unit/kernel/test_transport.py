"""TLS and SASL are set as the settings say, and what cannot work ends the start in a sentence."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from services.kernel.settings import BadSetting, parse
from services.kernel.transport import (
    TransportSettings,
    http_security,
    kafka_security,
    transport_of_environment,
    trusted,
)
from tests.support.certificates import CA, CERTIFICATE, KEY, authority, mutual


def settings(**env: str) -> TransportSettings:
    return parse(TransportSettings, {f"HOTLINE_{name}": value for name, value in env.items()})


def files(folder: Path) -> dict[str, str]:
    return {name.removeprefix("HOTLINE_"): value for name, value in mutual(folder).items()}


LOGIN = {"KAFKA_USER": "hotline", "KAFKA_PASSWORD": "hidden"}


def test_by_default_nothing_is_encrypted() -> None:
    assert kafka_security(settings()) == {"security_protocol": "PLAINTEXT"}
    assert http_security(settings()) == {}


def test_over_tls_certificate_and_name_are_always_checked(tmp_path: Path) -> None:
    authority("one").issue("user").write(tmp_path)
    for given in (
        {"KAFKA_PROTOCOL": "ssl"},
        {"KAFKA_PROTOCOL": "ssl", "CA": str(tmp_path / CA)},
        files(tmp_path),
        files(tmp_path) | {"KAFKA_PROTOCOL": "sasl_ssl"} | LOGIN,
    ):
        found = kafka_security(settings(**given))
        assert found["security_protocol"] == given["KAFKA_PROTOCOL"].upper()
        context = found["ssl_context"]
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_a_login_is_passed_on() -> None:
    found = kafka_security(settings(KAFKA_PROTOCOL="sasl_plaintext", **LOGIN))
    assert found == {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "hotline",
        "sasl_plain_password": "hidden",
    }


def test_the_password_is_shown_nowhere() -> None:
    assert "hidden" not in repr(settings(**LOGIN))


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"KAFKA_PROTOCOL": "sasl_ssl"}, "HOTLINE_KAFKA_USER"),
        ({"KAFKA_PROTOCOL": "sasl_ssl", "KAFKA_USER": "u"}, "HOTLINE_KAFKA_PASSWORD"),
        ({"KAFKA_USER": "u"}, "HOTLINE_KAFKA_USER"),
        ({"KAFKA_CA": "a"}, "HOTLINE_KAFKA_CA is of use with"),
        ({"KAFKA_KEY": "k"}, "HOTLINE_KAFKA_KEY is of use with"),
        ({"KAFKA_PROTOCOL": "sasl_plaintext", "KAFKA_CERT": "c"}, "HOTLINE_KAFKA_CERT is of use"),
        ({"KAFKA_PROTOCOL": "ssl", "KAFKA_CA": "nowhere.pem"}, "HOTLINE_KAFKA_CA: nowhere.pem"),
        ({"KAFKA_PROTOCOL": "ssl", "KAFKA_CERT": "c"}, "HOTLINE_KAFKA_KEY go together"),
        ({"KAFKA_PROTOCOL": "ssl", "KAFKA_KEY": "k"}, "HOTLINE_KAFKA_CERT and"),
        ({"KAFKA_PROTOCOL": "ssl", "KAFKA_CERT": "c", "KAFKA_KEY": "k"}, "c, k are no pair"),
        ({"KAFKA_PROTOCOL": "ssl", "CA": "nowhere.pem"}, "HOTLINE_CA"),
        ({"HTTP_CERT": "c"}, "HOTLINE_HTTP_KEY"),
        ({"HTTP_CERT": "c", "HTTP_KEY": "k"}, "HOTLINE_HTTP_CERT"),
    ],
)
def test_what_cannot_work_names_its_variable(env: dict[str, str], named: str) -> None:
    found = settings(**env)
    with pytest.raises(ValueError, match=named):
        kafka_security(found), http_security(found)


def test_brokers_may_have_authorities_of_their_own(tmp_path: Path) -> None:
    for name in ("all", "brokers"):
        authority(name).issue("user").write(tmp_path / name)
    both = settings(**files(tmp_path / "brokers"), CA=str(tmp_path / "all" / CA))
    assert _believed(kafka_security(both)["ssl_context"], "brokers")
    assert _believed(trusted(both), "all")
    only = settings(KAFKA_PROTOCOL="ssl", CA=str(tmp_path / "all" / CA))
    assert _believed(kafka_security(only)["ssl_context"], "all")


def _believed(context: ssl.SSLContext, name: str) -> bool:
    return [c["subject"] for c in context.get_ca_certs()] == [((("commonName", name),),)]


@pytest.mark.parametrize("broken", ["CA", "CERT", "KEY"])
def test_a_file_that_is_no_pem_is_named(tmp_path: Path, broken: str) -> None:
    authority("one").issue("user").write(tmp_path)
    given = files(tmp_path)
    Path(given[f"KAFKA_{broken}"]).write_text("no PEM")
    with pytest.raises(ValueError, match=f"HOTLINE_KAFKA_{broken}.* no "):
        kafka_security(settings(**given))
    with pytest.raises(ValueError, match=r"HOTLINE_CA: .* is no PEM file"):
        trusted(settings(CA=given[f"KAFKA_{broken}"]))


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        authority(name).issue(name).write(tmp_path / name)
    cert, key = str(tmp_path / "one" / CERTIFICATE), str(tmp_path / "one" / KEY)
    other = str(tmp_path / "two" / KEY)
    with pytest.raises(ValueError, match=r"HOTLINE_HTTP_CERT.*no pair"):
        http_security(settings(HTTP_CERT=cert, HTTP_KEY=other))
    with pytest.raises(ValueError, match=r"HOTLINE_KAFKA_CERT.*no pair"):
        kafka_security(settings(**files(tmp_path / "one") | {"KAFKA_KEY": other}))
    assert http_security(settings(HTTP_CERT=cert, HTTP_KEY=key))


def test_another_protocol_is_refused() -> None:
    with pytest.raises(BadSetting, match="HOTLINE_KAFKA_PROTOCOL"):
        settings(KAFKA_PROTOCOL="tls")


def test_commands_read_these_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_KAFKA_PROTOCOL", "ssl")
    monkeypatch.setenv("HOTLINE_SOMETHING", "else")
    assert transport_of_environment().kafka_protocol == "ssl"
