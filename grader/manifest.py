"""`mlops.yaml` in a student's repository: which folder and Dockerfile belong to which lab."""

from collections.abc import Sequence

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grader.output import tidy
from lab_specs.faults import Code, StudentFault

NAME = "mlops.yaml"
LONGEST = 64 * 1024  # bytes; the caller reads no longer file
LONGEST_PATH = 500  # characters
DEEPEST = 10  # levels; three are needed, and reading deep ones takes quadratic time
OPENING = (
    yaml.BlockMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.FlowSequenceStartToken,
)
CLOSING = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)
SAID = 200  # characters of a problem or a field


class Place(BaseModel):
    """Where a lab's work stands; both relative to the root of the repository."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    context: str = Field(".", max_length=LONGEST_PATH)
    dockerfile: str = Field("", max_length=LONGEST_PATH)


class Manifest(BaseModel):
    """The whole file. A lab that is not named is looked for where the form says."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    labs: dict[str, Place]


def read(raw: bytes) -> Manifest:
    """The file, understood. Raises StudentFault with the problem and, where known, its place."""
    try:
        _refuse_what_unfolds(raw)
        root = yaml.compose(raw, yaml.SafeLoader)
        return Manifest.model_validate(yaml.safe_load(raw))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = [str(part) for part in first["loc"]]
        raise StudentFault(
            Code.MANIFEST_INVALID,
            problem=first["msg"],
            field=tidy(".".join(field), SAID),
            line=_line_of(root, field),
        ) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise StudentFault(
            Code.MANIFEST_INVALID,
            problem=tidy(error.problem or "it is no YAML text", SAID),
            line=mark.line + 1 if mark else None,
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # A character that no text has, a number or date that is none, brackets without an end
        raise StudentFault(Code.MANIFEST_INVALID, problem="it is no YAML text") from error


def _refuse_what_unfolds(raw: bytes) -> None:
    """No aliases, with which a small file describes an endless one, and no deep nesting."""
    depth = 0
    for token in yaml.scan(raw, yaml.SafeLoader):
        depth += isinstance(token, OPENING) - isinstance(token, CLOSING)
        alias = isinstance(token, (yaml.AliasToken, yaml.AnchorToken))
        if alias or depth > DEEPEST:
            problem = "`&` and `*` are not taken here" if alias else "it is nested too deeply"
            line = token.start_mark.line + 1
            raise StudentFault(Code.MANIFEST_INVALID, problem=problem, line=line)


def _line_of(root: yaml.Node | None, field: Sequence[str]) -> int:
    """The line, from 1, on which the innermost part of `field` stands that the file has."""
    line, node = 1, root
    for name in field:
        if not isinstance(node, yaml.MappingNode):
            break
        found = [(key, value) for key, value in node.value if key.value == name]
        if not found:
            break
        line, node = found[0][0].start_mark.line + 1, found[0][1]
    return line
