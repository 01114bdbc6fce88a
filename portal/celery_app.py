"""The Celery application: a doorbell. The database alone says what is to be done, and by whom.

Nothing here relies on the broker to bring a message twice: a worker takes a lease in the
database, and `portal.reap` rings again for what was lost.
"""

import os

from celery import Celery
from kombu.transport.virtual import QoS

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from django.conf import settings

GRADE_QUEUE = "grade"
RESOLVE_QUEUE = "resolve"
PORTAL_QUEUE = "portal"
REAP_SECONDS = 5.0
SNAPSHOT_SECONDS = 20.0
LOST_SECONDS = 60.0

# A worker gives no bell back, and tells no broker that it has heard one: if the broker were away
# just then, the worker would break and end. The reaper rings again for what was lost.
QoS.restore_at_shutdown = False

app = Celery("portal")
app.conf.update(
    broker_url=settings.BROKER_URL,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # a worker waits for its broker however long that takes
    # A web request must learn at once that nobody hears the bell: one more try, no pauses.
    broker_connection_timeout=2,
    broker_transport_options={
        "max_retries": 1,
        "interval_start": 0,
        "socket_connect_timeout": 2,
        "ack_emulation": False,
    },
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    task_acks_late=False,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    task_routes={
        "grader.grade": {"queue": GRADE_QUEUE},
        "grader.resolve": {"queue": RESOLVE_QUEUE},
        "grader.read": {"queue": RESOLVE_QUEUE},
        "grader.history": {"queue": RESOLVE_QUEUE},
        "grader.compare": {"queue": RESOLVE_QUEUE},
        "grader.github": {"queue": RESOLVE_QUEUE},
        "portal.*": {"queue": PORTAL_QUEUE},
    },
    task_default_queue=PORTAL_QUEUE,
    imports=["portal.submissions.reap", "portal.deliveries.tasks", "portal.github.tasks"],
    beat_schedule={
        "reap": {
            "task": "portal.reap",
            "schedule": REAP_SECONDS,
            # A bell that nobody heard in time is not worth hearing later.
            "options": {"expires": REAP_SECONDS},
        },
        "github": {
            "task": "portal.github",
            "schedule": REAP_SECONDS,
            "options": {"expires": REAP_SECONDS},
        },
        "github-lost": {
            "task": "portal.github_lost",
            "schedule": LOST_SECONDS,
            "options": {"expires": LOST_SECONDS},
        },
        "snapshots": {
            "task": "portal.snapshots",
            "schedule": SNAPSHOT_SECONDS,
            "options": {"expires": SNAPSHOT_SECONDS},
        },
    },
    beat_scheduler="celery.beat:Scheduler",  # keeps no file that a power cut could spoil
    timezone="UTC",
)
