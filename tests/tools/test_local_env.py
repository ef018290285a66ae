"""The file of local settings is made once, private to its owner, and right for the app."""

import stat
from pathlib import Path

from settings import Settings, parse_env_file
from tools import local_env


def test_it_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "var" / "local.env"
    assert local_env.write_if_absent(path)
    made = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not local_env.write_if_absent(path)
    assert path.read_text() == made


def test_the_app_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "local.env"
    local_env.write_if_absent(path)
    settings = Settings.from_environment(parse_env_file(path.read_text()))
    assert settings.database_url == "sqlite:///var/prepline.db"
    assert settings.api_base_url == "http://127.0.0.1:8001"
    assert settings.from_number == local_env.DEMO_NUMBER


def test_secrets_differ_from_one_installation_to_the_next() -> None:
    one, other = local_env.demo_settings(), local_env.demo_settings()
    assert {name for name in one if one[name] != other[name]} == {
        "SECRET_KEY",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
    }


def test_comments_and_blank_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "local.env"
    path.write_text("# a comment\n\nSECRET_KEY = a=b\n")
    assert local_env.read(path) == {"SECRET_KEY": "a=b"}


def test_its_addresses_follow_the_demo_and_the_rest_stays(tmp_path: Path) -> None:
    path = tmp_path / "local.env"
    local_env.write_if_absent(path)
    path.write_text("# mine\n" + path.read_text())
    before = local_env.read(path)
    for _ in range(2):
        local_env.set_addresses(8300, path)
        addresses = {
            "PUBLIC_BASE_URL": "http://127.0.0.1:8300",
            "TWILIO_API_BASE_URL": "http://127.0.0.1:8301",
        }
        assert local_env.read(path) == before | addresses
    assert path.read_text().startswith("# mine\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["local.env"]
