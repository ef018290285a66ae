"""The database. Every table is known as soon as any part of this room is."""

from db import call_models as call_models
