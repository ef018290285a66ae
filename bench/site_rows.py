"""The statements that store a large clinic's years, in order; PostgreSQL's own words.

Who is on file: three patients in five appointments, some with what data quality finds. What was
said: five reminders of each appointment, its patient's texts in the days before it, what staff
wrote, calls. What was done: tasks, answers to the check-list, the audit.
"""

from __future__ import annotations

from typing import Final

_PEOPLE: Final = (
    """
    INSERT INTO patient (id, clinic_id, name_key, first_name, last_name, date_of_birth, phone,
        language, channel, sms_consent, voice_consent, created_at)
    SELECT n, :clinic, lower(last || '|' || first), first, last,
        CASE WHEN n % 997 = 0 THEN date '1900-01-01' ELSE date '1935-01-01' + n % 9000 END,
        CASE WHEN n % 400 = 4 THEN '' WHEN n % 900 = 5 THEN '+10' || (200000000 + n)
            WHEN n % 40 = 0 THEN '+1' || (2002000000 + n - 1) ELSE '+1' || (2002000000 + n) END,
        CASE WHEN n % 499 = 0 THEN 'fr' WHEN n % 4 = 0 THEN 'es' ELSE 'en' END, 'auto',
        n % 33 <> 0, n % 2 = 0, :now
    FROM generate_series(1, :patients) AS n, LATERAL (SELECT
        (ARRAY['Mary','José','Ruth','Carmen','Walter','Inés','Edith'])[1 + n % 7] AS first,
        (ARRAY['García','Smith','Nguyen','Quackenbush','van der Berg'])[1 + n % 5] || n / 50 AS last
    ) AS names
    """,
    """
    INSERT INTO contact (id, clinic_id, phone, textable, reachable, opted_out_at, created_at)
    SELECT id, clinic_id, phone, id % 25 <> 2, id % 100 <> 3,
        CASE WHEN id % 50 = 1 THEN :now END, :now
    FROM patient WHERE phone <> '' AND id % 40 <> 0
    """,
    """
    INSERT INTO opt_change (contact_id, change, how, wording, at)
    SELECT id, 'opt_out', 'keyword', 'STOP', opted_out_at FROM contact
    WHERE opted_out_at IS NOT NULL
    """,
    """
    INSERT INTO consent_change (patient_id, channel, granted, source, at)
    SELECT id, 'sms', sms_consent, 'form', created_at FROM patient
    """,
    """
    INSERT INTO staff (email, name, role, active, failed_attempts, session_epoch, created_at,
        last_seen_at)
    SELECT 'staff' || n || '@example.org', 'Member ' || n, 'coordinator', true, 0, 1, :now, :now
    FROM generate_series(1, 40) AS n
    """,
    """
    INSERT INTO checked_finding (clinic_id, patient_id, finding, seen, staff_id, checked_at)
    SELECT clinic_id, id, 'no_sms_consent', phone || '/' || channel, 1, :now
    FROM patient WHERE NOT sms_consent AND id % 5 = 0
    """,
)
_VISITS: Final = (
    """
    INSERT INTO appointment (id, clinic_id, external_id, patient_id, procedure, starts_at, status,
        version, answer, answered_at, created_at, updated_at)
    SELECT n, :clinic, 'B-' || n, 1 + (n - 1) % :patients, 'kyphoplasty', at,
        CASE WHEN n % 19 = 0 THEN 'cancelled' WHEN at > :now THEN 'scheduled'
            WHEN n % 29 = 0 THEN 'no_show' ELSE 'arrived' END,
        1, answer, CASE WHEN answer IS NOT NULL THEN least(at - interval '20 hours', :now) END,
        at - interval '20 days', least(at - interval '18 hours', :now)
    FROM generate_series(1, :visits) AS n, LATERAL (SELECT
        CAST(:now AS timestamptz) + (n % :days - :behind) * interval '1 day'
            + (n % 37 - 18) * interval '15 minutes' AS at,
        CASE WHEN n % :days - :behind > 9 THEN NULL WHEN n % 3 > 0 THEN 'confirmed'
            WHEN n % 41 = 0 THEN 'cannot_come' END AS answer
    ) AS its
    """,
    """
    INSERT INTO prep_answer (appointment_id, version, item, answer, at)
    SELECT a.id, 1, items.name, 'yes', a.answered_at
    FROM appointment a, unnest(ARRAY['driver','thinners','pregnant','allergies']) AS items (name)
    WHERE a.answer = 'confirmed' AND a.id % 2 = 0
    """,
)
_SAID: Final = (
    """
    INSERT INTO reminder (clinic_id, appointment_id, version, kind, channel, due_at, send_by,
        status, reason, next_at, attempts, started_at, "to", body, segments, sid, carrier_status,
        sent_at, settled_at, created_at)
    SELECT :clinic, a.id, 1, kinds.kind, its.channel, its.due, its.due + interval '6 hours',
        its.status, its.reason, CASE WHEN its.status = 'planned' THEN its.due END,
        CASE WHEN its.went THEN 1 ELSE 0 END,
        CASE WHEN its.went THEN its.due END, CASE WHEN its.went THEN p.phone END,
        CASE WHEN its.went THEN p.first_name || :words END, CASE WHEN its.went THEN 2 END,
        CASE WHEN its.went THEN 'SMr' || a.id || '-' || kinds.kind END,
        CASE WHEN its.went THEN 'delivered' END,
        CASE WHEN its.went THEN its.due + (a.id % 97) * interval '50 milliseconds'
            + CASE WHEN a.id % 83 = 0 THEN (a.id % 7000) * interval '1 second'
              ELSE interval '0' END END,
        CASE WHEN its.status <> 'planned' THEN its.due + interval '6 seconds' END, a.created_at
    FROM appointment a JOIN patient p ON p.id = a.patient_id,
        (VALUES ('week_before', interval '7 days'), ('day_before', interval '1 day'),
            ('fasting_start', interval '7 hours'), ('booked', interval '20 days'),
            ('moved', interval '15 days')) AS kinds (kind, ahead),
        LATERAL (SELECT a.starts_at - kinds.ahead AS due) AS moment,
        LATERAL (SELECT due, status, status IN ('sent', 'delivered', 'failed') AS went,
            CASE WHEN p.id % 25 = 2 THEN 'voice' ELSE 'sms' END AS channel,
            CASE status WHEN 'failed' THEN 'undelivered' WHEN 'skipped' THEN 'no_consent'
                WHEN 'missed' THEN 'too_late' WHEN 'cancelled' THEN 'cancelled' END AS reason
            FROM (SELECT CASE
                WHEN due > :now THEN CASE a.status WHEN 'cancelled' THEN 'cancelled'
                    ELSE 'planned' END
                WHEN a.id % 31 = 0 THEN 'failed' WHEN a.id % 47 = 0 THEN 'skipped'
                WHEN a.id % 211 = 0 THEN 'missed' WHEN a.id % 23 = 0 THEN 'sent'
                ELSE 'delivered' END AS status) AS became) AS its
    """,
    """
    INSERT INTO reminder_event (reminder_id, at, what, detail)
    SELECT r.id, r.sent_at + n * interval '2 seconds',
        (ARRAY['accepted', 'delivered'])[n], r.channel
    FROM reminder r, generate_series(1, 2) AS n WHERE r.sid IS NOT NULL
    """,
    """
    INSERT INTO inbound_text (sid, contact_id, at, body, media, kind, labels, rule, reply, response,
        segments)
    SELECT 'SMi' || a.id || '-' || n, c.id, at, 'may I drink water in the morning', 0, kind,
        CASE kind WHEN 'answer' THEN (ARRAY['fasting', 'parking', 'driver', 'thinners', 'pain',
            'arrival', 'insurance', 'recovery'])[1 + (a.id + n) % 8] ELSE '' END, '',
        p.first_name || :words, '<Response><Message>' || p.first_name || :words
            || '</Message></Response>', 1 + n % 2
    FROM appointment a JOIN patient p ON p.id = a.patient_id
        JOIN contact c ON c.clinic_id = p.clinic_id AND c.phone = p.phone,
        generate_series(1, 9) AS n, LATERAL (SELECT a.starts_at - n * interval '31 hours' AS at,
            (ARRAY['answer', 'choices', 'command', 'unknown', 'answer'])[1 + (a.id + n) % 5] AS kind
        ) AS its
    WHERE at < :now
    """,
    """
    INSERT INTO inbound_text (sid, contact_id, at, body, media, kind, labels, rule, reply, response)
    SELECT 'SMb' || n, 50, CAST(:now AS timestamptz) - n * interval '3 hours', 'and one more thing',
        0, 'unknown', '', '', :words, :words
    FROM generate_series(1, 400) AS n
    """,
    """
    INSERT INTO staff_text (clinic_id, contact_id, staff_id, form_key, "to", body, status, send_by,
        attempts, created_at, sent_at, settled_at)
    SELECT clinic_id, id, 1 + id % 40, 'f' || id || '-' || n, phone, :words, 'delivered', at, 1,
        at, at, at
    FROM contact, generate_series(1, 3) AS n,
        LATERAL (SELECT CAST(:now AS timestamptz) - (id % 200 + n) * interval '1 day' AS at) AS its
    WHERE id % 25 = 0
    """,
    """
    INSERT INTO call (sid, clinic_id, contact_id, phone, language, direction, state, turn, status,
        started_at, ended_at)
    SELECT 'CA' || id || '-' || n, clinic_id, id, phone, 'en', 'in', '{}', 3, 'completed', at,
        at + interval '2 minutes'
    FROM contact, generate_series(1, 4) AS n,
        LATERAL (SELECT CAST(:now AS timestamptz) - (id % 200 + n) * interval '1 day' AS at) AS its
    WHERE id % 10 = 0
    """,
    """
    INSERT INTO call_turn (call_sid, number, at, said, kind, labels, rule, reply, response)
    SELECT sid, n, started_at + n * interval '20 seconds', '1', 'choices', '', '', :words, :words
    FROM call, generate_series(1, 3) AS n
    """,
)
_DONE: Final = (
    """
    INSERT INTO task (clinic_id, contact_id, appointment_id, kind, urgency, topic, words,
        created_at, updated_at, done_at)
    SELECT :clinic, c.id, a.id, kind, CASE WHEN a.id % 70 = 0 THEN 'urgent' ELSE 'normal' END,
        CASE kind WHEN 'question' THEN 'fasting' END, 'may I drink water in the morning',
        at, at, CASE WHEN a.id % 500 <> 0 AND (at < CAST(:now AS timestamptz) - interval '3 days'
            OR a.id % 40 <> 0) THEN at + interval '1 hour' END
    FROM appointment a JOIN patient p ON p.id = a.patient_id
        JOIN contact c ON c.clinic_id = p.clinic_id AND c.phone = p.phone,
        LATERAL (SELECT a.starts_at - interval '30 hours' AS at, (ARRAY['question', 'call_me',
            'not_understood', 'no_driver', 'cannot_come'])[1 + a.id / 10 % 5] AS kind) AS its
    WHERE a.id % 10 = 0 AND at < :now
    """,
    """
    INSERT INTO task_note (task_id, staff_id, at, what, body)
    SELECT id, 1 + id % 40, done_at, 'done', 'Phoned.' FROM task WHERE done_at IS NOT NULL
    """,
    """
    INSERT INTO audit (at, staff_id, staff_email, action, entity_kind, entity_id, clinic_id, detail)
    SELECT CAST(:now AS timestamptz) - (:visits - n) * interval '4 minutes', 1 + n % 40,
        'staff' || 1 + n % 40 || '@example.org', 'patient_viewed', 'patient',
        CAST(1 + n % :patients AS text), :clinic, '{}'
    FROM generate_series(1, :visits) AS n
    """,
)
_NUMBERING: Final = """
    SELECT setval(pg_get_serial_sequence(name, 'id'), :visits + 1)
    FROM (VALUES ('patient'), ('contact'), ('appointment')) AS t (name)
    """
STATEMENTS: Final = (*_PEOPLE, *_VISITS, *_SAID, *_DONE, _NUMBERING)
COUNT: Final = """
    SELECT (SELECT count(*) FROM appointment),
        (SELECT count(*) FROM reminder WHERE sid IS NOT NULL)
            + (SELECT count(*) FROM inbound_text) + (SELECT count(*) FROM staff_text),
        (SELECT count(*) FROM reminder_event)
    """
"""Appointments; messages that went out or came in; what is noted of their fate."""
