"""What accounts leave behind, removed when nobody can use it any more."""

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session as BrowserSession
from django.db.models import Q

from people.models import ApiToken, Notice, SetupLink
from people.selectors import administrator_exists

KEPT = timedelta(days=90)  # of what is over: long enough to look up what a token was, or what a notice said


def leftovers_remove(*, now: datetime) -> int:
    """Delete ended logins, set-up links of no use, tokens dead and notices read for 90 days; return how many."""
    since = now - KEPT
    doomed = [
        BrowserSession.objects.filter(expire_date__lt=now),
        ApiToken.objects.filter(Q(expires_at__lt=since) | Q(revoked_at__lt=since)),
        Notice.objects.filter(read_at__lt=since),
    ]
    if administrator_exists():
        doomed.append(SetupLink.objects.all())
    return sum(rows.delete()[0] for rows in doomed)
