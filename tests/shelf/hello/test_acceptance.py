from lab_specs.kit import Image, check, expect


@check("manners", "proficient")
def test_ends_well(student: Image) -> None:
    """The container runs and ends with exit code 0"""
    run = student.run()
    expect(
        run.exit_code == 0,
        expected="exit code 0",
        actual=f"exit code {run.exit_code}",
        hint="Read the log.",
    )
