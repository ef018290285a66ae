"""Settings are read in one go, every mistake in them is told in one go, and no secret is."""

from __future__ import annotations

from pathlib import Path

import pytest

import settings
from settings import ALL, DATABASE_ONLY, NAMES, Settings, SettingsError, parse_env_file

GOOD = {
    "DATABASE_URL": "postgresql://prepline:pass-word@db.example.org/prepline",
    "SECRET_KEY": "k3y-of-32-characters-or-a-few-more",
    "PUBLIC_BASE_URL": "https://bot.example.org",
    "TWILIO_ACCOUNT_SID": "AC" + "0a" * 16,
    "TWILIO_AUTH_TOKEN": "t0ken",
    "TWILIO_FROM_NUMBER": "+18285550110",
}
MALFORMED = [
    ("DATABASE_URL", "prepline.db"),
    ("DATABASE_URL", "mysql://prepline@db.example.org/prepline"),
    ("DATABASE_URL", "postgresql+asyncpg://prepline@db.example.org/prepline"),
    ("DATABASE_URL", "postgresql://prepline@db.example.org:port/prepline"),
    ("DATABASE_URL", "sqlite://"),
    ("DATABASE_URL", "sqlite:prepline.db"),
    ("SECRET_KEY", "replace-with-a-secret"),
    ("PUBLIC_BASE_URL", "bot.example.org"),
    ("PUBLIC_BASE_URL", "ftp://bot.example.org"),
    ("PUBLIC_BASE_URL", "https://"),
    ("PUBLIC_BASE_URL", "https://bot.example.org:99999"),
    ("PUBLIC_BASE_URL", "https://[bot.example.org"),
    ("PUBLIC_BASE_URL", "https://bot.example.org/?a=b"),
    ("TWILIO_ACCOUNT_SID", "SK" + "0" * 32),
    ("TWILIO_ACCOUNT_SID", "AC" + "0" * 31),
    ("TWILIO_ACCOUNT_SID", "AC" + "0" * 33),
    ("TWILIO_AUTH_TOKEN", "one,two,three"),
    ("TWILIO_AUTH_TOKEN", " , "),
    ("TWILIO_MESSAGING_SERVICE_SID", "AC" + "0" * 32),
    ("TWILIO_FROM_NUMBER", "(828) 555-0110"),
    ("TWILIO_FROM_NUMBER", "18285550110"),
    ("TWILIO_API_BASE_URL", "127.0.0.1:8001"),
    ("VOICE_FALLBACK_URL", "backup.example.org/voice.xml"),
    ("VOICE_FALLBACK_URL", "https:///voice.xml"),
    ("VOICE_FALLBACK_URL", "https://[backup.example.org/voice.xml"),
    ("VOICE_FALLBACK_URL", "https://backup.example.org/{name}.xml"),
    ("VOICE_FALLBACK_URL", "https://backup.example.org/voice.xml#rc=2"),
]


@pytest.fixture
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """None of our settings is in the environment; the path of the local file, not made yet."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    local = tmp_path / "local.env"
    monkeypatch.setattr(settings, "LOCAL_FILE", local)
    return local


def refused(environ: dict[str, str], needed: frozenset[str] = ALL) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(environ, needed)
    return str(caught.value)


def test_good_settings_are_read() -> None:
    read = Settings.from_environment(GOOD)
    assert read == Settings(
        database_url="postgresql+psycopg://prepline:pass-word@db.example.org/prepline",
        secret_key=GOOD["SECRET_KEY"],
        public_base_url="https://bot.example.org",
        account_sid=GOOD["TWILIO_ACCOUNT_SID"],
        auth_tokens=("t0ken",),
        messaging_service_sid=None,
        from_number="+18285550110",
        api_base_url=None,
        voice_fallback_url=None,
    )


@pytest.mark.parametrize("name", sorted(set(GOOD) - {"TWILIO_FROM_NUMBER"}))
@pytest.mark.parametrize("value", [None, ""])
def test_each_missing_setting_is_named_with_its_meaning(name: str, value: str | None) -> None:
    without = {key: given for key, given in GOOD.items() if key != name}
    message = refused(without if value is None else {**without, name: value})
    assert "one setting is wrong" in message
    assert f"{name} is missing: " in message
    assert ".env.example" in message


@pytest.mark.parametrize(("name", "value"), MALFORMED)
def test_each_malformed_setting_is_named_with_what_it_must_be(name: str, value: str) -> None:
    message = refused({**GOOD, name: value})
    assert "one setting is wrong" in message
    assert f"{name} is not well formed: it must be " in message


def test_a_message_does_not_repeat_a_secret() -> None:
    wrong = {"DATABASE_URL": "mysql://u:s3cret@h/d", "TWILIO_AUTH_TOKEN": "s3cret,s3cret,s3cret"}
    assert "s3cret" not in refused({**GOOD, **wrong})


def test_every_mistake_is_reported_at_once() -> None:
    message = refused({"DATABASE_URL": "prepline.db", "TWILIO_AUTH_TOKEN": "a,b,c"})
    assert "6 settings are wrong" in message
    lines = [line for line in message.splitlines() if line.startswith("  - ")]
    assert [line.split()[1] for line in lines] == [
        "SECRET_KEY",
        "PUBLIC_BASE_URL",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_MESSAGING_SERVICE_SID",
        "DATABASE_URL",
        "TWILIO_AUTH_TOKEN",
    ]


def test_an_empty_environment_names_everything_that_is_needed() -> None:
    message = refused({})
    for name in ALL:
        assert name in message
    assert "TWILIO_API_BASE_URL" not in message
    assert "VOICE_FALLBACK_URL" not in message


@pytest.mark.parametrize(
    "url",
    [
        "https://handler.twilio.com/twiml/EH" + "0a" * 16,
        "https://backup.example.org/{clinic}.xml",
        "https://{clinic}.example.org/voice.xml?v=1",
        "https://bot.example.org:8443/voice.xml",
    ],
)
def test_a_fallback_for_calls_may_name_the_clinic(url: str) -> None:
    read = Settings.from_environment({**GOOD, "VOICE_FALLBACK_URL": url})
    assert read.voice_fallback_url == url


def test_a_fallback_on_our_own_host_would_be_away_with_us() -> None:
    message = refused({**GOOD, "VOICE_FALLBACK_URL": "https://bot.example.org/{clinic}.xml"})
    assert "one setting is wrong" in message
    assert "VOICE_FALLBACK_URL is of no use: it must be an address on another host" in message


def test_one_of_the_two_senders_is_enough() -> None:
    neither = {key: value for key, value in GOOD.items() if key != "TWILIO_FROM_NUMBER"}
    message = refused(neither)
    assert "TWILIO_MESSAGING_SERVICE_SID or TWILIO_FROM_NUMBER is missing" in message
    service = "MG" + "0a" * 16
    read = Settings.from_environment({**neither, "TWILIO_MESSAGING_SERVICE_SID": service})
    assert (read.messaging_service_sid, read.from_number) == (service, None)


@pytest.mark.parametrize("number", ["+18285550110", "+4915112345678", "72975", "729753"])
def test_a_sender_may_be_a_number_or_a_short_code(number: str) -> None:
    read = Settings.from_environment({**GOOD, "TWILIO_FROM_NUMBER": number})
    assert read.from_number == number


@pytest.mark.parametrize(
    ("value", "tokens"),
    [
        ("new", ("new",)),
        ("new,old", ("new", "old")),
        (" new , old ", ("new", "old")),
        ("new,", ("new",)),
    ],
)
def test_one_or_two_tokens(value: str, tokens: tuple[str, ...]) -> None:
    assert Settings.from_environment({**GOOD, "TWILIO_AUTH_TOKEN": value}).auth_tokens == tokens


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@h:5432/d", "postgresql+psycopg://u:p@h:5432/d"),
        ("postgresql://u:p@h/d?sslmode=require", "postgresql+psycopg://u:p@h/d?sslmode=require"),
        ("postgresql+psycopg:///d?host=/run/pg", "postgresql+psycopg:///d?host=/run/pg"),
        ("postgresql://u:p[1@h/d", "postgresql+psycopg://u:p[1@h/d"),
        ("sqlite:///var/prepline.db", "sqlite:///var/prepline.db"),
        ("sqlite:////srv/prepline.db", "sqlite:////srv/prepline.db"),
    ],
)
def test_a_database_url_gets_the_name_of_our_driver(given: str, used: str) -> None:
    read = Settings.from_environment({"DATABASE_URL": given}, DATABASE_ONLY)
    assert read.database_url == used


def test_addresses_lose_their_trailing_slash() -> None:
    urls = {
        "PUBLIC_BASE_URL": "https://bot.example.org/",
        "TWILIO_API_BASE_URL": "http://127.0.0.1:1/",
    }
    read = Settings.from_environment({**GOOD, **urls})
    assert read.public_base_url == "https://bot.example.org"
    assert read.api_base_url == "http://127.0.0.1:1"


def test_what_is_not_needed_may_be_missing_but_not_malformed() -> None:
    only = {"DATABASE_URL": "sqlite:///x.db"}
    assert Settings.from_environment(only, DATABASE_ONLY).database_url == "sqlite:///x.db"
    message = refused({**only, "PUBLIC_BASE_URL": "bot"}, DATABASE_ONLY)
    assert "PUBLIC_BASE_URL is not well formed" in message
    assert "DATABASE_URL is missing" in refused({}, DATABASE_ONLY)
    assert "SECRET_KEY" not in refused({}, DATABASE_ONLY)


def test_secrets_are_not_shown() -> None:
    shown = repr(Settings.from_environment({**GOOD, "TWILIO_AUTH_TOKEN": "t0ken,old-t0ken"}))
    for secret in ("pass-word", GOOD["SECRET_KEY"], "t0ken"):
        assert secret not in shown
    assert "https://bot.example.org" in shown


def test_the_local_file_counts_where_nothing_of_ours_is_in_the_environment(
    no_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"{name}={value}" for name, value in GOOD.items()]
    no_environment.write_text("\n".join(["# a comment", "", *lines]), encoding="utf-8")
    assert Settings.from_environment() == Settings.from_environment(GOOD)
    for name in ("PREPLINE_SOMETHING", "PORT"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("SECRET_KEY", "  ")
    assert Settings.from_environment() == Settings.from_environment(GOOD)


def test_the_local_file_never_mixes_with_the_environment(
    no_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_environment.write_text("\n".join(f"{k}={v}" for k, v in GOOD.items()), encoding="utf-8")
    monkeypatch.setenv("SECRET_KEY", "from the environment")
    with pytest.raises(SettingsError, match="5 settings are wrong"):
        Settings.from_environment()
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TWILIO_FROM_NUMBER", " +18285550199 ")
    assert Settings.from_environment().from_number == "+18285550199"


def test_without_a_file_or_an_environment_everything_is_missing(no_environment: Path) -> None:
    assert not no_environment.exists()
    with pytest.raises(SettingsError, match="6 settings are wrong"):
        Settings.from_environment()


def test_an_environment_file_is_read_line_by_line() -> None:
    text = "# A=1\n\nB = 2\nC=3=4\nnot a setting\nD=\n"
    assert parse_env_file(text) == {"B": "2", "C": "3=4", "D": ""}
