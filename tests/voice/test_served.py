"""A call over real sockets: the emulator as the carrier, the app on a port, signed requests."""

from __future__ import annotations

from db.call_models import Recording
from db.models import Task
from db.session import Database
from emulator import Pickup, Reach
from emulator.voice_events import Ending
from tests.support.csv_files import NOW
from tests.support.visits import local
from tests.support.web import CLINIC_NUMBER, PATIENT, rows
from tests.support.world import running_world


def test_a_busy_desk_a_voice_message_and_its_task(database: Database) -> None:
    with running_world(database, NOW) as world:
        call = world.carrier.call(PATIENT, CLINIC_NUMBER)
        call.hears("ARA Health").presses("4").says("can I eat breakfast").hears("fast for 6 hours")
        call.presses("0").hears("We connect you").dial_ends("busy")
        call.hears("For a voice message, press 1.").presses("1").records(8, key="#")
        call.hears("We have your message.")
        assert call.ending is Ending.HANGUP
        world.carrier.wait_until_idle()
        (task,), (recording,) = rows(database, Task), rows(database, Recording)
        assert (task.kind, task.reason) == ("voicemail", "desk_busy")
        assert (recording.call_sid, recording.seconds) == (call.sid, 8)


def test_a_reminder_that_cannot_be_texted_is_called_and_confirmed(
    database: Database,
) -> None:
    with running_world(database, NOW, makes_calls=True) as world:
        world.carrier.set_reach(PATIENT, Reach.LANDLINE)
        world.carrier.set_pickup(PATIENT, Pickup(by="human", script=("1",)))
        visit = world.book(voice_consent=True, phone=PATIENT)
        for _ in range(2):  # the text's failure may be reported during the pass or after it
            world.dispatch(local("2026-11-24T10:00"))
        row = world.reminders(visit)["week_before"]
        assert (row.channel, row.status) == ("voice", "delivered")
        assert world.appointment(visit).answer == "confirmed"
        assert world.tasks() == []
        assert [c.problem for c in world.carrier.calls(to=PATIENT) if c.problem] == []
