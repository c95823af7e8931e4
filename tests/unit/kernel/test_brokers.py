"""Mutual TLS with the brokers: three files in one folder, or one sentence."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from services.kernel.brokers import CA, CERTIFICATE, KEY, security
from tests.support.certificates import authority


def test_without_a_folder_it_is_plain() -> None:
    assert security("") == {}


def test_the_three_files_make_a_context_that_checks_the_broker(tmp_path: Path) -> None:
    ca = authority("ca")
    ca.issue("intake").write(tmp_path)
    options = security(str(tmp_path))
    assert options["security_protocol"] == "SSL"
    context = options["ssl_context"]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert [c["subject"] for c in context.get_ca_certs()] == [((("commonName", "ca"),),)]


@pytest.mark.parametrize("missing", [CA, CERTIFICATE, KEY])
def test_a_missing_or_broken_file_names_the_setting(tmp_path: Path, missing: str) -> None:
    authority("ca").issue("intake").write(tmp_path)
    (tmp_path / missing).write_text("no PEM")
    with pytest.raises(ValueError, match=r"^HOTLINE_KAFKA_TLS: .* must hold ca\.crt, "):
        security(str(tmp_path))
    (tmp_path / missing).unlink()
    with pytest.raises(ValueError, match="No such file"):
        security(str(tmp_path))


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    ca = authority("ca")
    ca.issue("intake").write(tmp_path)
    other = ca.issue("dispatch")
    (tmp_path / KEY).write_bytes(other.key)
    with pytest.raises(ValueError, match="HOTLINE_KAFKA_TLS"):
        security(str(tmp_path))
