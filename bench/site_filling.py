"""A large clinic's years: appointments, their reminders, and the texts of their patients."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from bench.filling import NOW, analyse
from bench.places import clinic
from db.session import Database

DAYS: Final = 400
"""The appointments are spread over so many days, half of them behind us."""
_MESSAGES: Final = 5  # reminders, and texts, of each appointment

_STATEMENTS: Final = (
    """
    INSERT INTO patient (id, clinic_id, name_key, first_name, last_name, date_of_birth, phone,
        language, channel, sms_consent, voice_consent, created_at)
    SELECT n, :clinic, lower(last || '|' || first), first, last, date '1940-01-01' + n % 9000,
        '+1' || (2002000000 + n), CASE WHEN n % 4 = 0 THEN 'es' ELSE 'en' END, 'auto',
        true, false, :now
    FROM generate_series(1, :visits) AS n, LATERAL (SELECT
        (ARRAY['Mary','José','Ruth','Carmen','Walter','Inés','Edith'])[1 + n % 7] AS first,
        (ARRAY['García','Smith','Nguyen','Quackenbush','van der Berg'])[1 + n % 5] || n / 50 AS last
    ) AS names
    """,
    """
    INSERT INTO contact (id, clinic_id, phone, textable, reachable, created_at)
    SELECT id, clinic_id, phone, true, true, :now FROM patient
    """,
    """
    INSERT INTO appointment (id, clinic_id, external_id, patient_id, procedure, starts_at, status,
        version, answer, created_at, updated_at)
    SELECT n, :clinic, 'B-' || n, n, 'kyphoplasty',
        CAST(:now AS timestamptz) + ((n % :days) - :days / 2) * interval '1 day'
            + (n % 37 - 18) * interval '15 minutes',
        CASE WHEN n % 19 = 0 THEN 'cancelled' ELSE 'scheduled' END, 1,
        CASE WHEN n % 3 = 0 THEN 'confirmed' WHEN n % 41 = 0 THEN 'cannot_come' END, :now, :now
    FROM generate_series(1, :visits) AS n
    """,
    """
    INSERT INTO reminder (clinic_id, appointment_id, version, kind, channel, due_at, send_by,
        status, reason, next_at, attempts, sent_at, created_at)
    SELECT :clinic, a.id, 1, kinds.kind, 'sms', a.starts_at - kinds.ahead,
        a.starts_at - kinds.ahead + interval '6 hours', s.status,
        CASE WHEN s.status = 'failed' THEN 'undelivered' END,
        CASE WHEN s.status = 'planned' THEN a.starts_at - kinds.ahead END, 0,
        CASE WHEN s.status <> 'planned' THEN a.starts_at - kinds.ahead END, :now
    FROM appointment a,
        (VALUES ('week_before', interval '7 days'), ('day_before', interval '1 day'),
            ('fasting_start', interval '7 hours'), ('booked', interval '20 days'),
            ('moved', interval '15 days')) AS kinds (kind, ahead),
        LATERAL (SELECT CASE WHEN a.starts_at - kinds.ahead > :now THEN 'planned'
            WHEN a.id % 31 = 0 THEN 'failed' ELSE 'delivered' END AS status) AS s
    """,
    """
    INSERT INTO inbound_text (sid, contact_id, at, body, media, kind, labels, rule, reply, response)
    SELECT 'SM' || id || '-' || n, id, CAST(:now AS timestamptz) - n * interval '1 day', 'ok', 0,
        'menu', '[]', '', '', ''
    FROM contact, generate_series(1, :messages) AS n
    """,
    """
    INSERT INTO task (clinic_id, contact_id, appointment_id, kind, urgency, words, created_at,
        updated_at, done_at)
    SELECT :clinic, id, id, 'question', 'normal', 'may I drink water', :now, :now,
        CASE WHEN id % 500 = 0 THEN NULL ELSE :now END
    FROM contact WHERE id % 10 = 0
    """,
    """
    SELECT setval(pg_get_serial_sequence(name, 'id'), :visits + 1)
    FROM (VALUES ('patient'), ('contact'), ('appointment')) AS t (name)
    """,
)


def fill_years(database: Database, visits: int) -> None:
    """Store so many appointments of as many patients, and ten messages for each; PostgreSQL only.

    The site's clock is taken to show `bench.filling.NOW`.
    """
    values = {
        "clinic": clinic().id,
        "now": NOW,
        "visits": visits,
        "days": DAYS,
        "messages": _MESSAGES,
    }
    with database.transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in _STATEMENTS:
            names = {name: value for name, value in values.items() if f":{name}" in statement}
            session.execute(text(statement), names)
    analyse(database)
