"""A person with a browser's cookies on the pages of a running console, without a browser."""

import re
from dataclasses import dataclass, field

import requests


@dataclass
class Person:
    """Follows links and posts forms over real HTTP. `base` is the console's address."""

    base: str
    http: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str) -> requests.Response:
        return self.http.get(self.base + path, headers={"Accept-Language": "en"}, timeout=60)

    def post(self, path: str, page: str | None = None, **fields: str) -> requests.Response:
        """Post a form; its CSRF token comes from `page` (the form's own address unless given)."""
        shown = self.get(page or path)
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', shown.text)
        assert found, (page or path, shown.status_code)
        data = {"csrfmiddlewaretoken": found[1], **fields}
        headers = {"Accept-Language": "en", "Referer": self.base + path}
        return self.http.post(self.base + path, data=data, headers=headers, timeout=60)

    def log_in(self, username: str, password: str) -> "Person":
        answer = self.post("/login/", username=username, password=password)
        assert answer.ok, answer.text
        return self

    def walk(self, *starts: str, most: int = 400) -> dict[str, requests.Response]:
        """Follow every link to a page of the console, from `starts`; return the answers by path."""
        seen: dict[str, requests.Response] = {}
        queue = list(starts)
        while queue and len(seen) < most:
            path = queue.pop(0)
            if path in seen:
                continue
            seen[path] = answer = self.get(path)
            if "html" in answer.headers.get("Content-Type", ""):
                links = re.findall(r'(?:href|hx-get)="(/[^"#]*|\?[^"#]*)', answer.text)
                links = [path.partition("?")[0] + link if link.startswith("?") else link for link in links]
                queue += [link.replace("&amp;", "&") for link in links if not link.startswith(("//", "/static/"))]
        return seen
