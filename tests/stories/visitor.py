"""Somebody with a browser that knows no JavaScript: follows links, fills in forms, keeps cookies."""

import re
import ssl
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urljoin
from urllib.request import HTTPCookieProcessor, HTTPSHandler, Request, build_opener


@dataclass
class Form:
    """A form as it stands on a page: where it goes, by which method, and what is filled in already."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Of each select: (value, words)."""


class Forms(HTMLParser):
    """Collects the forms of a page."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.found: list[Form] = []
        self.inside: Form | None = None
        self.select = ""
        self.option: str | None = None
        self.area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = Form(urljoin(self.address, given.get("action", "")), given.get("method", "get").lower())
            self.found.append(self.inside)
        if self.inside is None:
            return
        name = given.get("name", "")
        if tag == "input" and name and given.get("type") not in ("checkbox", "radio", "submit", "file"):
            self.inside.values[name] = given.get("value", "")
        elif tag == "input" and name and "checked" in given:
            self.inside.values[name] = given.get("value", "on")
        elif tag == "select":
            self.select = name
            self.inside.choices[name] = []
        elif tag == "option" and self.select:
            self.option = given.get("value", "")
            self.inside.choices[self.select].append((self.option, ""))
            if "selected" in given or self.select not in self.inside.values:
                self.inside.values[self.select] = self.option
        elif tag == "textarea":
            self.area = name
            self.inside.values[name] = ""

    def handle_data(self, data: str) -> None:
        if self.inside and self.select and self.option is not None:
            value, words = self.inside.choices[self.select][-1]
            self.inside.choices[self.select][-1] = value, (words + data).strip()
        if self.inside and self.area:
            self.inside.values[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = None
        elif tag == "select":
            self.select, self.option = "", None
        elif tag == "option":
            self.option = None
        elif tag == "textarea":
            self.area = None


@dataclass
class Page:
    status: int
    address: str
    """Where it was found in the end."""
    body: str
    raw: bytes
    headers: dict[str, str]

    @property
    def words(self) -> str:
        """What stands on it, without the marks."""
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", self.body)).split())

    @property
    def links(self) -> list[tuple[str, str]]:
        """(address, words) of every link."""
        found = re.findall(r'<a\b[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', self.body, re.DOTALL)
        return [(unescape(address), " ".join(unescape(re.sub(r"<[^>]*>", " ", words)).split())) for address, words in found]

    def form(self, *holding: str) -> Form:
        """The form with these fields."""
        read = Forms(self.address)
        read.feed(self.body)
        return next(form for form in read.found if set(holding) <= set(form.values) | set(form.choices))


class Visitor:
    """One browser. `trust` is what it believes of a certificate."""

    def __init__(self, site: str, *, trust: ssl.SSLContext | None = None, language: str = "en", **headers: str) -> None:
        self.site = site
        self.cookies = CookieJar()
        handlers = [HTTPCookieProcessor(self.cookies), *([HTTPSHandler(context=trust)] if trust else [])]
        self.browser = build_opener(*handlers)
        self.browser.addheaders = [("Accept-Language", language), *headers.items()]

    def open(self, address: str, sent: dict[str, str] | None = None) -> Page:
        """Go to an address of the site, or send it a form."""
        whole = quote(urljoin(self.site, address), safe=":/?&=%;,+#@!")
        data = urlencode(sent).encode() if sent is not None else None
        request = Request(whole, data, {"Referer": whole} if data is not None else {})
        try:
            answer = self.browser.open(request, timeout=60)
        except HTTPError as refusal:
            answer = refusal
        with answer:
            raw = answer.read()
            text = raw.decode("utf-8", "replace")
            return Page(answer.status or 0, answer.url, text, raw, dict(answer.headers.items()))

    def rows(self, address: str) -> list[str]:
        """Where each row of a list leads, through all its pages."""
        found: list[str] = []
        while address:
            page = self.open(address)
            assert page.status == 200, address
            found += re.findall(r'<tr[^>]*>\s*<th scope="row"><a href="([^"]+)"', page.body)
            further = re.search(r'<a rel="next" href="([^"]+)"', page.body)
            address = urljoin(page.address, unescape(further[1])) if further else ""
        return found

    def fill(self, page: Page, **typed: str) -> Page:
        """Fill in the form of a page that holds these fields, and send it."""
        form = page.form(*typed)
        return self.open(form.action, {**form.values, **typed})
