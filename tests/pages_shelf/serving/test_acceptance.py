from lab_specs.kit import Service, check, expect


def _answers(service: Service) -> None:
    reply = service.get("/health")
    expect(reply.status == 200, expected="status 200", actual=f"status {reply.status}")


@check("interface", "proficient")
def test_health(service: Service) -> None:
    """`GET /health` answers 200 once the model can predict"""
    _answers(service)


@check("interface", "advanced", after="health")
def test_batch(service: Service) -> None:
    """A batch of 64 gives the same labels as 64 single requests"""
    _answers(service)


@check("interface", "expert")
def test_clients(service: Service) -> None:
    """16 clients at once get their own answers, and none an error"""
    _answers(service)


@check("predictions", "proficient")
def test_accuracy(service: Service) -> None:
    """At least 85 % of hidden digits are right"""
    _answers(service)


@check("predictions", "advanced")
def test_noise(service: Service) -> None:
    """At least 90 % of noisy digits are right"""
    _answers(service)


@check("predictions", "expert")
def test_close(service: Service) -> None:
    """At most 2 % worse than the reference"""
    _answers(service)


@check("care", "proficient")
def test_refuses(service: Service) -> None:
    """A wrong shape is refused with 4xx, and the service stays up"""
    _answers(service)


@check("care", "advanced")
def test_message(service: Service) -> None:
    """The refusal names the field that is wrong"""
    _answers(service)


@check("care", "expert")
def test_ends(service: Service) -> None:
    """SIGTERM ends it within 10 s with code 0"""
    _answers(service)
