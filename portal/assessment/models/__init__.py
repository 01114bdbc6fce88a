"""What is known and decided about people's work, and what was published of it."""

from portal.assessment.models.decisions import (
    Assessment,
    AssessmentEvent,
    Draft,
    SecondOpinion,
    SecondOpinionEvent,
)
from portal.assessment.models.given import (
    Appointment,
    DemoHeld,
    Mark,
    MarkEvent,
    Override,
    Presence,
    Question,
    Tick,
)
from portal.assessment.models.published import (
    Publication,
    PublishedResult,
    ReviewAnswer,
    ReviewRequest,
)

__all__ = [
    "Appointment",
    "Assessment",
    "AssessmentEvent",
    "DemoHeld",
    "Draft",
    "Mark",
    "MarkEvent",
    "Override",
    "Presence",
    "Publication",
    "PublishedResult",
    "Question",
    "ReviewAnswer",
    "ReviewRequest",
    "SecondOpinion",
    "SecondOpinionEvent",
    "Tick",
]
