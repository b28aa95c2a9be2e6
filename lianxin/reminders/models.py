"""What reminders keep: a private calendar's secret, the choice not to get mail, which mail went out. The rest is worked out."""

from django.conf import settings
from django.db import models


class Feed(models.Model):
    """A user's private calendar. Its address is worked out from the nonce, under a key outside the database."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="feed")
    nonce = models.CharField(max_length=32)
    digest = models.CharField(max_length=64, unique=True)
    """sha256 of the token in the address: finds the feed, does not open it."""
    opened_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"calendar of {self.user_id}"


class NoMail(models.Model):
    """This user does not want the daily mail."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="no_mail")
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"no mail for {self.user_id}"


class Mail(models.Model):
    """The outbox: at most one mail a user and day. Written before it is sent, so that no crash sends two or forgets one."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    day = models.DateField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    """Emptied once sent."""
    taken_at = models.DateTimeField(null=True)
    """When somebody began to send it; after ten minutes another may."""
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="one_mail_a_day")]
        indexes = [models.Index(fields=["day", "sent_at"], name="mail_day_sent")]

    def __str__(self) -> str:
        return f"{self.day} to {self.user_id}"
