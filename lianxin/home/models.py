"""What home keeps: where each reader stopped looking. Everything else is read."""

from django.conf import settings
from django.db import models


class Look(models.Model):
    """Up to which entry a reader has seen, so that a desk can say what changed since."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="look")
    before = models.BigIntegerField()
    """The last entry at the end of the visit before this one: what is newer is new."""
    latest = models.BigIntegerField()
    """The last entry when the desk was last opened."""
    looked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} up to {self.latest}"
