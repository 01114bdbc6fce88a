"""A recording instead of a slot: students send its link, in time and within the rules."""

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils import timezone

from portal.assessment import domain as assessment
from portal.common.errors import Refused
from portal.courses.domain import team_for
from portal.courses.models import MiniProject, Team
from portal.demos.domain.bookings import hold, told
from portal.demos.models import VideoLink
from portal.demos.offers import Booked, Kind
from portal.demos.queries import booked_by, crews, desk_of, newest_videos, video_offer
from portal.demos.rules import why_closed
from portal.people.models import User

LINK = 500  # characters
valid = URLValidator(schemes=["https"])


def send_video(*, mini_project: MiniProject, item: str, link: str, by: User) -> VideoLink:
    """Send the link of a recording; it counts from now on.

    One that nobody has reviewed yet is replaced, as long as there is time.
    """
    link = checked_link(link)
    desk = desk_of(mini_project.edition)
    occasion = desk.terms.occasion(mini_project.slug, item)
    if occasion is None:
        raise Refused(f"{mini_project.title} has no {item!r} to be shown.")
    team = team_for(person=by, mini_project=mini_project)
    with transaction.atomic():
        crew = crews(desk, [team.pk])[team.pk]
        hold(crew.people)
        earlier = video_of(team, mini_project, item)
        if earlier and _reviewed(earlier):
            raise Refused("Your video has been reviewed already. Talk to your lecturer.")
        now = timezone.now()
        own = booked_by(desk.edition, crew.people)
        others = [each for each in own if not (earlier and _is(each, earlier))]
        wish = crew.wish(desk, mini_project, occasion)
        reasons = why_closed(video_offer(now), wish, others, desk.terms, now=now)
        if reasons:
            raise Refused(told(reasons))
        if earlier:
            note_video(earlier, by=by, state="void", reason="replaced by another video")
        video = VideoLink.objects.create(
            team=team, mini_project=mini_project, item=item, link=link, by=by, at=now
        )
        note_video(video, by=by, shown=[])
    return video


def note_video(
    video: VideoLink,
    *,
    by: User,
    shown: list[str] | None = None,
    state: str = "held",
    reason: str = "",
) -> None:
    """Tell the results about a video, and which criteria (by slug) it shows."""
    assessment.note_demo(
        mini_project=video.mini_project,
        owner=video.team,
        source=f"video-{video.pk}",
        held_at=video.at,
        way=Kind.VIDEO,
        by=by,
        state=state,
        item=video.item,
        shown=shown or [],
        reason=reason,
    )


def video_of(team: Team, mini_project: MiniProject, item: str) -> VideoLink | None:
    """The link that holds for this work."""
    rows = VideoLink.objects.filter(team=team, mini_project=mini_project, item=item)
    return next(iter(newest_videos(rows)), None)


def checked_link(link: str) -> str:
    """The link without blanks around it. Refused when it is none."""
    link = link.strip()
    try:
        valid(link)
    except ValidationError:
        raise Refused("Give the whole link; it begins with https://.") from None
    if len(link) > LINK:
        raise Refused(f"This link has more than {LINK} characters. Copy a shorter one.")
    return link


def _reviewed(video: VideoLink) -> bool:
    sheet = getattr(video, "sheet", None)
    return sheet is not None and sheet.finished_at is not None


def _is(booked: Booked, video: VideoLink) -> bool:
    same = (booked.part, booked.item) == (video.mini_project.slug, video.item)
    return booked.kind is Kind.VIDEO and same
