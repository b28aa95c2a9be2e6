"""Who is signed in, read together with the person behind the account: every page's head names them, at no query of its own."""

from allauth.account.auth_backends import AuthenticationBackend

from lianxin.accounts.models import User


class AccountBackend(AuthenticationBackend):
    """allauth's own, but for what is read with an account."""

    def get_user(self, user_id: int) -> User | None:
        try:
            user = User.objects.select_related("person").get(pk=user_id)
        except User.DoesNotExist:
            return None
        return user if self.user_can_authenticate(user) else None
