import pytest

from portal.common.markdown import render


def test_headings_go_below_the_page_s_own() -> None:
    assert render("# Brief\n\n##### Deep") == "<h3>Brief</h3>\n<h6>Deep</h6>\n"


def test_tables_and_code_are_kept() -> None:
    html = render("| a | b |\n|---|---|\n| `x` | 2 |\n\n```sh\nls\n```")
    assert "<th>a</th>" in html
    assert "<td><code>x</code></td>" in html
    assert '<pre><code class="language-sh">ls\n</code></pre>' in html


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[click](javascript:alert(1))",
        "![x](https://evil.example/pixel.png)",
        '<p style="position:fixed">x</p>',
        "[x](data:text/html,<script>)",
    ],
)
def test_nothing_runs_and_nothing_is_fetched(hostile: str) -> None:
    html = render(hostile)
    for tag in ("<script", "<img", "<p style", 'href="javascript', 'href="data'):
        assert tag not in html


def test_links_leave_without_a_trace() -> None:
    assert render("[x](https://a.example)") == (
        '<p><a href="https://a.example" rel="noopener noreferrer">x</a></p>\n'
    )
