"""Repositories whose Dockerfile is too long to be written by hand."""

from grader.ground import Ground, Target

STAGES = 500


def many_stages(ground: Ground) -> Target:
    """Five hundred stages that may all run at once, and one that needs them all."""
    home = ground.write(ground.scratch / "repository")
    stages = [
        f"FROM mlops-python:3.11 AS s{n}\nENV ATTACK={ground.mark}\nRUN touch /{n} && sleep 60\n"
        for n in range(STAGES)
    ]
    copies = [f"COPY --from=s{n} /{n} /{n}\n" for n in range(STAGES)]
    (home / "Dockerfile").write_text("".join([*stages, "FROM mlops-python:3.11\n", *copies]))
    return ground.plant(home)
