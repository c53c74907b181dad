"""Console: composition of the apps."""

from catalog_site.celery import app as celery_app

__all__ = ["celery_app"]
