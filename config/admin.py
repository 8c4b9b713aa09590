"""The admin as a whole: its door (allauth, with a second factor where one is set), its people and its log."""

from allauth.account.decorators import secure_admin_login
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Exists, OuterRef, Q
from django.urls import path
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminEmailInputWidget

from advocacy.admin import acts, my_alerts, words
from advocacy.admin.listing import Listing, LongListing
from config import fraud_effect, why
from config.behind import page as behind
from config.exports import page as exports
from config.measured import page as measured
from rewards.admin import journal, rule_budgets, simulations

admin.site.login = secure_admin_login(admin.site.login)
admin.site.index_title = "Overview"
admin.site.empty_value_display = words.NOTHING
admin.site.extra_urls = lambda: [
    path("why/", admin.site.admin_view(why.page), name="why"),
    path("simulate/", admin.site.admin_view(simulations.ask), name="simulate"),
    path("simulations/<int:pk>/", admin.site.admin_view(simulations.page), name="simulation"),
    path("simulations/<int:pk>/progress/", admin.site.admin_view(simulations.progress), name="simulation_progress"),
    path("budgets/<int:program>/", admin.site.admin_view(rule_budgets.of_program), name="budgets"),
    path("exports/", admin.site.admin_view(exports.page), name="exports"),
    path("fraud/", admin.site.admin_view(fraud_effect.page), name="fraud"),
    path("alerts/mine/", admin.site.admin_view(my_alerts.page), name="my_alerts"),
    path("metrics/", admin.site.admin_view(measured.page), name="metrics"),
    path("metrics/rows/", admin.site.admin_view(behind.page), name="metrics_rows"),
    path("journal/", admin.site.admin_view(journal.page), name="journal"),
]

OURS = {"advocacy", "referrals", "rewards"}
# Rows of libraries that admins have no business with: schedules are code, second factors are their owner's.
for model in [model for model in admin.site._registry if model._meta.app_label not in OURS]:
    admin.site.unregister(model)


class NewPerson(UserCreationForm):
    email = forms.EmailField(label="E-mail", help_text="They sign in with it.", widget=UnfoldAdminEmailInputWidget)

    def clean_email(self):
        email = self.cleaned_data["email"].lower()
        if User.objects.filter(Q(email__iexact=email) | Q(username=email)).exists():
            raise forms.ValidationError("Somebody has this address already.")
        return email


def forget_second_factor(*, row, by, at, reason):
    Authenticator.objects.filter(user=row).delete()


@admin.register(User)
class UserAdmin(acts.Acting, DjangoUserAdmin, Listing):
    form, add_form, change_password_form = UserChangeForm, NewPerson, AdminPasswordChangeForm
    list_display = ["email", "name", "is_staff", "is_superuser", "second_factor", "last_login"]
    list_filter = ["is_staff", "is_superuser", "is_active", "groups"]
    ordering = ["email"]
    add_fieldsets = [(None, {"fields": ["email", "usable_password", "password1", "password2"]})]
    fieldsets = [
        ("Who", {"fields": ["email", ("first_name", "last_name"), "password", "second_factor"]}),
        ("May", {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        ("When", {"fields": [("last_login", "date_joined")]}),
    ]
    # Only who may do everything hands out rights; the others would give them to themselves.
    rights = ["is_staff", "is_superuser", "groups", "user_permissions"]
    acts = [
        acts.Act(
            name="forget-second-factor",
            label="Remove second factor",
            done="Second factor removed",
            danger=True,
            consequence="For somebody who lost their phone: they sign in without a code until they set a new one.",
            do=forget_second_factor,
        )
    ]

    def get_queryset(self, request):
        factors = Authenticator.objects.filter(user=OuterRef("pk"))
        return super().get_queryset(request).annotate(has_factor=Exists(factors))

    def get_readonly_fields(self, request, obj=None):
        own = ["second_factor", "last_login", "date_joined"]
        return own if request.user.is_superuser else [*own, *self.rights]

    def has_change_permission(self, request, obj=None):
        above = isinstance(obj, User) and obj.is_superuser and not request.user.is_superuser
        return not above and super().has_change_permission(request, obj)

    def may_change(self, request):
        return request.user.is_superuser

    def save_model(self, request, obj, form, change):
        obj.username = obj.username or obj.email
        super().save_model(request, obj, form, change)

    @display(description="Name")
    def name(self, row):
        return row.get_full_name() or words.NOTHING

    @display(description="Second factor")
    def second_factor(self, row):
        return words.dot("good", "Set") if row.has_factor else words.dot("wait", "Not set")


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """Rights that several people share."""


@admin.register(LogEntry)
class LogEntryAdmin(LongListing):
    """What people did in the admin; nobody edits it."""

    list_display = ["when", "user", "did", "to_what", "kind"]
    list_select_related = ["user", "content_type"]
    list_filter = ["action_flag", "content_type"]
    search_fields = ["object_repr", "change_message", "user__email"]
    search_help_text = "What was changed, or by whom"

    @display(description="When")
    def when(self, row):
        return words.moment(row.action_time)

    @display(description="What was done")
    def did(self, row):
        return row.get_change_message() or row.get_action_flag_display()

    @display(description="To")
    def to_what(self, row):
        address = row.get_admin_url()
        return (
            format_html('<a class="text-link" href="{}">{}</a>', address, row.object_repr)
            if address and not row.is_deletion()
            else row.object_repr
        )

    @display(description="Kind")
    def kind(self, row):
        return row.content_type.name if row.content_type else words.NOTHING
