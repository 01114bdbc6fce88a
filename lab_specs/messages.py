"""The words for every fault: what happened, what was expected, what to do next.

One table, because the pages, the command line and the judge all say the same. A text names
facts as `{file}`. A part in angle brackets is said only when all of its facts are known;
after a bar stands what is said otherwise: `<{file}|a file>`. The log (fact `log`) is never
part of a sentence: whoever shows an explanation sets `last_lines(facts)` beneath it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab_specs.faults import Code

TEXT_LIMIT = 1_500  # characters of one sentence group
VALUE_LIMIT = 200  # characters of one fact
LIST_LIMIT = 8  # items of a fact that is a list
LOG_LINES = 30
LOG_LIMIT = 3_000
NUMBER_LIMIT = 10**12

OPTIONAL = re.compile(r"<([^<>|]*)(?:\|([^<>|]*))?>")
PLACE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a person reads about a fault. Plain text, code in backticks, each part capped."""

    happened: str
    expected: str
    next_step: str


def explain(code: Code, facts: Mapping[str, Any]) -> Explanation:
    """The words for `code`. Facts may be missing, of any type, or hostile: it never raises."""
    return filled(WORDS[code], facts)


def filled(words: Explanation, facts: Mapping[str, Any]) -> Explanation:
    """The words with facts in their places; as `explain`, it never raises."""
    known = {name: text for name, value in facts.items() if (text := _said(value))}
    return Explanation(
        _filled(words.happened, known),
        _filled(words.expected, known),
        _filled(words.next_step, known),
    )


def facts_named(code: Code) -> frozenset[str]:
    """The facts that the words of `code` can make use of."""
    words = WORDS[code]
    return frozenset(PLACE.findall(words.happened + words.expected + words.next_step))


def last_lines(facts: Mapping[str, Any]) -> str:
    """The end of the log among the facts: at most 30 lines, printable, capped; or nothing."""
    log = facts.get("log")
    if not isinstance(log, str):
        return ""
    lines = [_printable(line) for line in log[-2 * LOG_LIMIT :].splitlines()]
    return "\n".join(lines[-LOG_LINES:]).strip("\n")[-LOG_LIMIT:]


def _filled(text: str, known: Mapping[str, str]) -> str:
    """The text with its facts. Only our own text is searched for brackets, never a fact."""

    def choose(part: re.Match[str]) -> str:
        said, otherwise = part[1], part[2] or ""
        return said if all(name in known for name in PLACE.findall(said)) else otherwise

    chosen = OPTIONAL.sub(choose, text)
    filled = PLACE.sub(lambda place: known.get(place[1], "(not known)"), chosen).strip()
    return filled if len(filled) <= TEXT_LIMIT else filled[: TEXT_LIMIT - 1] + "…"


def _said(value: object) -> str:
    """A fact as a person reads it; empty when there is nothing sensible to say."""
    if isinstance(value, str):
        return _short(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not abs(value) <= NUMBER_LIMIT:  # so that NaN, too, is left out
            return ""
        return f"{value:.0f}" if value == int(value) else f"{value:.1f}"
    if isinstance(value, (list, tuple)):
        plain = [item for item in value[:LIST_LIMIT] if not isinstance(item, (list, tuple))]
        items = [said for item in plain if (said := _said(item))]
        more = len(value) - LIST_LIMIT
        return ", ".join(items) + (f" and {more} more" if items and more > 0 else "")
    return ""


def _short(value: str) -> str:
    line = " ".join(_printable(value[: 2 * VALUE_LIMIT]).split())
    return line if len(line) <= VALUE_LIMIT else line[: VALUE_LIMIT - 1] + "…"


def _printable(text: str) -> str:
    """Control characters become blanks; backticks are ours, to mark what is code."""
    return "".join(c if c.isprintable() else " " for c in text).replace("`", "'")


OURS = "This is ours, not yours: the attempt costs you nothing."
AGAIN = "You need to do nothing: we try again by ourselves. If it keeps happening, tell a lecturer."
THE_LOG = "The last lines of the log say what went wrong"

WORDS: dict[Code, Explanation] = {
    # The link
    Code.LINK_INVALID: Explanation(
        "<The link `{link}`|The link> could not be read as a repository<: {problem}>.",
        "A link of the form `https://github.com/owner/repository`.",
        "Copy the address of the repository's page from your browser, without a password in it.",
    ),
    Code.HOST_NOT_ALLOWED: Explanation(
        "<Repositories on `{host}`|Repositories on that host> are not taken here.",
        "A repository on <one of these hosts: {hosts}|a host that this portal allows>.",
        "Push your work to an allowed host and submit that link; or ask your lecturer to allow"
        " this one.",
    ),
    Code.REPOSITORY_NOT_FOUND: Explanation(
        "<The repository `{repository}`|The repository> was not found,"
        " or it is private and cannot be read from here.",
        "A repository that can be read without signing in.",
        "Open the link in a private browser window. If you see a page that is not found, correct"
        " the link, or make the repository public.< The host says that it moved {moved}:"
        " copy the new one.>",
    ),
    Code.REF_NOT_FOUND: Explanation(
        "<There is no branch, tag or commit `{ref}`|The branch, tag or commit was not found>"
        " in the repository.",
        "<One of its branches and tags: {refs}; or a full commit id.|"
        "The name of a branch or tag that was pushed, or a full commit id.>",
        "Check the spelling, and that you pushed it (`git push`). Leave the field empty to take"
        " the default branch.",
    ),
    Code.REPOSITORY_TOO_LARGE: Explanation(
        "The repository is too large<: about {size_mb} MB>.",
        "One commit of <at most {limit_mb} MB|limited size>, all files together.",
        "Take data and models out of git< (the largest files are {largest})>, list them in"
        " `.gitignore`, and let the code make or fetch them.",
    ),
    Code.TOO_MANY_FILES: Explanation(
        "The commit holds too many files<: {files}>.",
        "<At most {limit} files|A limited number of files>.",
        "Take data sets and run folders out of git< (most files lie in {folders})> and list them"
        " in `.gitignore`.",
    ),
    Code.UNSAFE_PATH: Explanation(
        "A path in the repository may lead out of it<: `{path}`>< points to `{target}`>.",
        "Links and folders that stay inside the repository.",
        "Replace the link by the file itself, or by a relative link to something inside the"
        " repository; then commit and push.",
    ),
    Code.MANIFEST_INVALID: Explanation(
        "`mlops.yaml` could not be understood<: {problem}>< (line {line})><, in field `{field}`>.",
        "For each lab a `context` folder and, if you like, a `dockerfile`, both relative to the"
        " root of the repository.",
        "Correct the file and push, or remove it and fill in the form instead.",
    ),
    Code.CONTEXT_MISSING: Explanation(
        "<The folder `{context}`|The context folder> is not in the repository at this commit.",
        "A context folder that exists<, such as {folders}>.",
        "Correct the context folder in the form or in `mlops.yaml`; capital letters count. A dot"
        " means the root of the repository.",
    ),
    # The build
    Code.DOCKERFILE_MISSING: Explanation(
        "<There is no file `{dockerfile}`|There is no Dockerfile> in the repository at this"
        " commit.",
        "A Dockerfile that builds an image of your work.",
        "<These files look like one: {seen}. Name the right one in the form or in `mlops.yaml`.|"
        "No other file looks like one: write a Dockerfile, commit and push it.>"
        "< A notebook cannot be graded by itself ({notebooks} seen): move its code into modules"
        " that the image runs.>"
        "< A compose file ({compose}) only refers to images: this lab builds one from a"
        " Dockerfile.>",
    ),
    Code.DOCKERFILE_INVALID: Explanation(
        "<The Dockerfile `{dockerfile}`|The Dockerfile> cannot be read< at line {line}>"
        "<: {problem}>.",
        "A Dockerfile without a syntax error.",
        "Correct that line, run `docker build` on your own machine, then push.",
    ),
    Code.COPY_SOURCE_MISSING: Explanation(
        "<Line {line} of the|The> Dockerfile copies <`{file}`, which|a file that> is not in"
        " <the stage or image `{stage}`|the repository>< below the context folder `{context}`>.",
        "Everything that `COPY` and `ADD` name is committed, and lies in the context folder.",
        "<`{submodule}` is a submodule, and submodules are not fetched: copy its files into the"
        " repository. ><`{dvc}` says that DVC keeps it elsewhere: commit it if it is small, or let"
        " the build make it. ><Git ignores it ({ignored_by}): it was never pushed. Commit it if it"
        " is small, or let the build make or fetch it. >"
        "<`.dockerignore` leaves it out ({excluded_by}): take that line away. >"
        "<Did you mean `{nearest}`? >"
        "<It exists as `{elsewhere}`: set the context folder, or correct the path. >"
        "Clone your repository into an empty folder and build it there: what fails here"
        " will fail there.",
    ),
    Code.BASE_IMAGE_UNAVAILABLE: Explanation(
        "<The image `{image}`|An image that the Dockerfile asks for> cannot be had here"
        "< ({problem})>.",
        "<A base image that exists here: {available}.|A base image that exists and that this"
        " portal can reach.>",
        "Check the name and the tag in the `FROM` line. A tag that you built on your own machine"
        " exists only there."
        "< Here it is the line `{syntax}` at the top that asks for it: leave that line away.>",
    ),
    Code.BUILD_FAILED: Explanation(
        "<Line {line} of the Dockerfile|A step of the build> failed"
        "< with exit code {exit_code}><: `{instruction}`>"
        "< ({problem})>.",
        "Every step of the build ends well, with the package registries as its only network.",
        "<Code {killed} most often means that the step ran out of memory: install fewer or"
        " smaller packages. >" + THE_LOG + "; run `docker build` on a fresh clone to see the same.",
    ),
    Code.BUILD_REACHED_OUT: Explanation(
        "<Line {line} of the Dockerfile|A step of the build> asked for an address that a build"
        " cannot reach here<: `{instruction}`>.",
        "A build that reaches nothing but the package registries of this portal: what pip, apt"
        " and npm install.",
        "Install it as a package, or put the file itself into the repository."
        " Tools that do not read `http_proxy` find no registry either. "
        + THE_LOG
        + "; if a registry is missing, ask your lecturer to add it.",
    ),
    Code.BUILD_TIMED_OUT: Explanation(
        "The build was stopped< after {limit_seconds} seconds><; it was at `{instruction}`>.",
        "A build that ends in time.",
        "Install fewer and smaller packages (a CPU build of the framework, say), and copy your"
        " code after the packages are installed, so that the next push reuses them.",
    ),
    Code.BUILD_TOO_LARGE: Explanation(
        "The build was stopped because it filled the disk<: {used_mb} MB>"
        "<; it was at `{instruction}`>.",
        "A build that writes <at most {limit_mb} MB|limited data>, all steps together.",
        "Install fewer and smaller packages (a CPU build of the framework, say), remove what is"
        " not needed in the step that brought it, and leave data sets out of the image.",
    ),
    Code.IMAGE_TOO_LARGE: Explanation(
        "The finished image is too large<: {size_mb} MB>.",
        "An image of <at most {limit_mb} MB|limited size>, its base included.",
        "Start from a smaller base, install fewer packages, build in one stage and copy only what"
        " runs into the last one, and leave data sets out.",
    ),
    # The start
    Code.NO_START_COMMAND: Explanation(
        "The image does not say what to start.",
        "A `CMD` or an `ENTRYPOINT` in the last stage of the Dockerfile.",
        'Add a line such as `CMD ["python", "-m", "app"]` to the Dockerfile and push.',
    ),
    Code.COMMAND_NOT_FOUND: Explanation(
        "<The command `{command}`|The command> could not be started<: {error}>.",
        "A program that exists in the image and may be executed by any user.",
        "Check its name and path, its first line (`#!`), and that it is executable"
        " (`chmod +x`), also for a user that is not root. If it is a word of the lab's own brief,"
        " the Dockerfile has `CMD` where `ENTRYPOINT` is needed.",
    ),
    Code.CANNOT_START: Explanation(
        "No container could be started from the image<: {error}>.",
        "An image that leaves `/proc`, `/tmp` and the lab's own folders to the container that"
        " runs it, and whose working folder exists.",
        "Look at `VOLUME` and `WORKDIR` in the Dockerfile, and at files and links that stand in"
        " the place of a folder. Try `docker run --read-only --tmpfs /tmp` with it.",
    ),
    Code.EXITED_AT_START: Explanation(
        "The container ended by itself< after {seconds} seconds><, with exit code {exit_code}>.",
        "A service that stays up and waits for requests.",
        THE_LOG + ". Try it as it runs here: not as root, no network, only `/tmp` is writable.",
    ),
    Code.NEVER_LISTENED: Explanation(
        "Nothing listened on <port {port}, which `PORT` named,|the port that `PORT` named>"
        " within <{seconds} seconds|the time allowed>.< The container does listen on"
        " {listening}.>",
        "A service that listens on the port in the environment variable `PORT`.",
        "Read `PORT` when the service starts (a `CMD` in list form does not expand `$PORT`), and"
        " wait for nothing that is not here, such as a database or a download.",
    ),
    Code.NEVER_HEALTHY: Explanation(
        "<`GET {path}`|The health address> did not answer 200 within"
        " <{seconds} seconds|the time allowed>.< The last answer: {last}.>",
        "Status 200 as soon as the model can predict.",
        "Load the model from the image itself, at start: there is no network, so nothing can"
        " be downloaded. The log says how far it came.",
    ),
    # The run
    Code.COMMAND_FAILED: Explanation(
        "<The step `{step}`|A step> failed< with exit code {exit_code}>.",
        "The command ends with exit code 0.",
        THE_LOG + ". Run the same command in your own image, without network and not as root."
        " If it needs another service or a key, it cannot be graded: let it do without.",
    ),
    Code.OUT_OF_MEMORY: Explanation(
        "<The step `{step}`|A step> used more memory than <the {limit_mb} MB it may have|allowed>"
        " and was ended.",
        "A run within the memory limit of the lab.",
        "Use smaller batches, one worker process and one copy of the data.",
    ),
    Code.TIME_LIMIT: Explanation(
        "<The step `{step}`|A step> was still running after"
        " <{limit_seconds} seconds|the time allowed> and was ended."
        "< It had used {cpu_seconds} seconds of processor time.>",
        "A run within the time limit of the lab.",
        "Train for fewer epochs or a smaller model, respect the limits given in the environment,"
        " and do not wait for anything outside: there is no network.",
    ),
    Code.DISK_LIMIT: Explanation(
        "<The step `{step}`|A step> filled <the volume `{volume}`|a volume>< of {limit_mb} MB>.",
        "Output that fits into the space of the lab.",
        "Keep only the last or the best checkpoint, and write no copies of the data.",
    ),
    Code.OUTPUT_MISSING: Explanation(
        "<The file `{file}`|An output file> was not written.",
        "<`{file}`, written before the command ends|The output that the brief asks for>.",
        "<These files were found instead: {found}. |>Write to exactly the path that the brief"
        " names, and flush and close the file.",
    ),
    Code.OUTPUT_MALFORMED: Explanation(
        "<The file `{file}`|An output file> cannot be read< at line {line}><: {problem}>.",
        "The format that the brief describes, as a regular file.",
        "Open the file that your own container writes and compare it with the example in the"
        " brief.",
    ),
    # Ours
    Code.HOST_UNREACHABLE: Explanation(
        "<The host `{host}`|The host of the repository> did not answer. " + OURS,
        "A host that answers our request for the repository.",
        AGAIN,
    ),
    Code.ENGINE_UNAVAILABLE: Explanation(
        "The machine that builds and runs containers did not answer. " + OURS,
        "A container engine at work.",
        AGAIN,
    ),
    Code.JUDGE_FAILED: Explanation(
        "The judge that asks your work the questions failed. " + OURS,
        "A judge that reports every check.",
        AGAIN,
    ),
    Code.LAB_BROKEN: Explanation(
        "<The lab `{lab}`|The lab> itself has a mistake. " + OURS,
        "A lab whose checks can run.",
        "You need to do nothing: a lecturer has to repair the lab, then the attempt is repeated.",
    ),
    Code.WORKER_LOST: Explanation(
        "The machine that graded this attempt went away in the middle. " + OURS,
        "A machine that stays until the verdict.",
        AGAIN,
    ),
    Code.INTERNAL: Explanation(
        "Something in the portal went wrong. " + OURS,
        "A portal without this mistake.",
        AGAIN,
    ),
}
