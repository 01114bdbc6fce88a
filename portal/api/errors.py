"""Every refusal as JSON: `detail` says what happened and what to do, `code` names it."""

from typing import Any

from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from lab_specs.faults import StudentFault
from lab_specs.messages import explain
from portal.common.errors import Refused, TooOften


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to an error that a view raised; None lets it be a fault of ours (500)."""
    if isinstance(error, TooOften):
        headers = {"Retry-After": str(error.seconds)}
        body = {"detail": str(error), "code": "too_often"}
        return Response(body, status.HTTP_429_TOO_MANY_REQUESTS, headers=headers)
    if isinstance(error, Refused):
        body = {"detail": str(error), "code": "refused"}
        return Response(body, status.HTTP_409_CONFLICT)
    if isinstance(error, StudentFault):
        words = explain(error.code, error.facts)
        body = {"detail": f"{words.happened} {words.next_step}", "code": error.code.value}
        return Response(body, status.HTTP_422_UNPROCESSABLE_ENTITY)
    found = exception_handler(error, context)
    if isinstance(error, ValidationError) and found is not None:
        detail = "What was sent is not as it should be; `fields` says where."
        found.data = {"detail": detail, "code": "invalid", "fields": found.data}
    elif found is not None and isinstance(found.data, dict) and "detail" in found.data:
        found.data["code"] = getattr(found.data["detail"], "code", "error")
    return found
