"""How people sign in: customers by a code that is mailed to them; on the way to the admin also by a password."""

from allauth.account.forms import LoginForm


class Login(LoginForm):
    def _setup_password_field(self):
        """allauth takes the field away where nobody signs up with a password; staff were given one by a colleague."""
        if not self._to_the_admin():
            del self.fields["password"]
            return
        password = self.fields["password"]
        password.required = False
        password.help_text = "Leave it empty, and a code is mailed to you."

    def _to_the_admin(self):
        request = self.request
        return request is not None and request.POST.get("next", request.GET.get("next", "")).startswith("/admin/")
