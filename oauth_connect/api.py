from ninja import Router

router = Router(tags=["oauth_connect"])
