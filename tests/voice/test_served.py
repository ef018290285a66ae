"""A call over real sockets: the emulator as the carrier, the app on a port, signed requests."""

from __future__ import annotations

from db.call_models import Recording
from db.models import Task
from db.session import Database
from emulator.voice_events import Ending
from tests.support.csv_files import NOW
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
