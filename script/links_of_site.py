"""A hook of mkdocs: a link to a file beside `docs/`, which a site lacks, becomes the name."""

import re
from typing import Any

LINK = re.compile(r"\[([^\]]*)\]\(((?:\.\./)+[^)\s]+)\)")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """The page's text; `page.file.src_uri` is its path below `docs/`."""
    depth = page.file.src_uri.count("/")

    def outside(link: re.Match[str]) -> str:
        words, target = link.groups()
        is_outside = target.count("../") > depth
        return f"{words} (`{target.rpartition('../')[2]}`)" if is_outside else link[0]

    return LINK.sub(outside, markdown)
