"""The page of the JSON API: Swagger's own files from the `ninja` app, inside the console's content security policy."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase


class ApiDocs(DocsBase):
    """Renders the OpenAPI document for reading and trying; needs the page's script, and links the document without."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **path_params: Any) -> HttpResponse:
        return render(
            request, "catalog_site/api_docs.html", {"openapi_url": self.get_openapi_url(api, path_params), "api": api}
        )
