"""Secrets at rest. The value is AES-256-GCM ciphertext bound to the row's key, owner and purpose."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.ids import new_id


class StoredSecret(models.Model):
    """One secret. `key` is what others record; `sealed` opens only with this key, owner and purpose."""

    key = models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    purpose = models.CharField(max_length=40)
    sealed = models.BinaryField(editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("stored secret")
        verbose_name_plural = _("stored secrets")
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.purpose} {self.key}"


class KeyCheck(models.Model):
    """A known value under each key of the ring: a wrong key is noticed before it does harm."""

    key_id = models.CharField(primary_key=True, max_length=16)
    sealed = models.BinaryField(editable=False)

    class Meta:
        verbose_name = _("vault key check")
        verbose_name_plural = _("vault key checks")

    def __str__(self) -> str:
        return self.key_id
