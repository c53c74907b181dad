"""`/tokens/`: one's own API tokens.

Security duty: the token is in the answer to its creation and nowhere else; that answer is never cached.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from foundation.access import page
from foundation.errors import Invalid
from people import selectors, services
from people.forms import TokenForm, add_errors
from people.selectors import user_of


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@page()
def tokens(request: HttpRequest) -> HttpResponse:
    """The list and the form; POST makes a token and shows it this one time."""
    user = user_of(request)
    form = TokenForm(request.POST or None, user=user)
    made, value = None, ""
    if form.is_valid():
        try:
            made, value = services.token_create(user=user, **form.cleaned_data)
        except Invalid as error:
            add_errors(form, error)
        else:
            form = TokenForm(user=user)
    known = {"tokens": selectors.tokens_of(user), "form": form, "made": made, "value": value}
    status = 422 if request.method == "POST" and made is None else 200
    return render(request, "people/tokens.html", known, status=status)


@require_POST
@page()
def revoke(request: HttpRequest, token_id: str) -> HttpResponse:
    token = services.token_revoke(user=user_of(request), token_id=token_id)
    messages.success(request, _("The token “%(name)s” opens nothing any more.") % {"name": token.name})
    return redirect("people:tokens")
