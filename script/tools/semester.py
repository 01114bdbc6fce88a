"""Fills a demonstration portal with the six real courses, in the middle of their semester.

People, work and decisions are generated from a seed; they pass through the portal's own rules,
at moments of the past. Doing it again leaves a course that is there as it is.
"""

import sys
import time

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from lab_specs.loader import load_edition  # noqa: E402
from portal.courses.management.commands.seed_people import demo_password  # noqa: E402
from portal.courses.models import Edition  # noqa: E402
from script.tools.semester_cast import COURSES, SCENES, Course, Scene, stage  # noqa: E402
from script.tools.semester_demos import show  # noqa: E402
from script.tools.semester_staff import decide, settle, wind_up  # noqa: E402
from script.tools.semester_work import hand_in  # noqa: E402


def main() -> int:
    """Play every course that is not there yet."""
    if not settings.DEMO:
        sys.stderr.write("Invented people have no place on a real portal: set PORTAL_DEMO.\n")
        return 1
    password = demo_password()
    for scene in SCENES:
        begun = time.monotonic()
        course = play(scene, password)
        told = "is there already"
        if course:
            told = f"{len(course.students)} students, {time.monotonic() - begun:.1f} s"
        sys.stdout.write(f"{scene.file}: {told}\n")
    return 0


def play(scene: Scene, password: str | None = None) -> Course | None:
    """One course up to today, all of it or nothing; None when it is there already."""
    file = load_edition(COURSES / f"{scene.file}.yaml")
    if Edition.objects.filter(course__code=file.course_code, name=file.edition).exists():
        return None
    with transaction.atomic():
        course = stage(scene, file, timezone.now(), password)
        settle(course)
        hand_in(course)
        show(course)
        decide(course)
        wind_up(course)
    return course


if __name__ == "__main__":
    sys.exit(main())
