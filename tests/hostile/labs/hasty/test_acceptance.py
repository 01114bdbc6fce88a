"""What is built in time has to end well."""

from lab_specs.kit import Image, check


@check("sums", "proficient")
def test_ends_well(student: Image) -> None:
    """The command of the image ends well"""
    student.run().require("end")
