"""Where every page and endpoint lives."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from config import (
    api,
    codes,
    explain,
    friend_coupons,
    health,
    me,
    mention_scores,
    money_metrics,
    prometheus,
    survey_scores,
    testing,
    touchpoint_gaps,
)
from config.behind import api as behind
from config.exports import api as exports
from config.portal.sessions import PortalSessions

API = [
    # What is asked most often first.
    path("", include("referrals.api.urls")),
    path("", include("advocacy.api.urls")),
    path("", include("rewards.api.urls")),
    path("explain", explain.Explain.as_view()),
    path("orders/<str:id>/explain", explain.ExplainOrder.as_view()),
    path("conversions/<str:id>/explain", explain.ExplainConversion.as_view()),
    path("codes/validate", codes.ValidateTypedCode.as_view()),
    path("codes/<str:code>/validate", codes.ValidateCode.as_view()),
    path("me", me.Me.as_view()),
    path("me/advocates", me.Join.as_view()),
    path("surveys/scores", survey_scores.Scores.as_view()),
    path("gaps", touchpoint_gaps.Gaps.as_view()),
    path("mentions/scores", mention_scores.MentionScores.as_view()),
    path("program_money", money_metrics.ProgramMoney.as_view()),
    path("figures", behind.Figures.as_view()),
    path("figures/<str:figure>/rows", behind.RowsOfFigure.as_view()),
    path("channel_risk", money_metrics.ChannelRisk.as_view()),
    path("portal_sessions", PortalSessions.as_view()),
    path("test/clock", testing.TestClock.as_view()),
    path("test/data", testing.TestData.as_view()),
    path("exports/<str:list>", exports.Export.as_view()),
    path("schema", api.Schema.as_view(), name="api-schema"),
    path("docs", api.Docs.as_view(), name="api-docs"),
]

urlpatterns = [
    path("api/v1/", include(API)),
    # Nothing of the admin has a page on the site; the admin's own address for that cannot read our ids.
    re_path("^admin/r/", api.not_found, {"exception": None}),
    path("admin/", admin.site.urls),
    path("", RedirectView.as_view(url="/portal/")),
    # Customers have one address, the shop's, and no password: what would change them is nobody's page.
    path("accounts/email/", api.not_found, {"exception": None}),
    path("accounts/password/reset/", api.not_found, {"exception": None}),
    path("accounts/", include("allauth.urls")),
    path("healthz", health.healthz),
    path("prometheus", prometheus.metrics),
    path("portal/", include("config.portal.urls")),
    path("a/<str:code>/coupon", friend_coupons.coupon),
    path("", include("referrals.pages.urls")),
    path("", include("advocacy.pages.urls")),
]

handler400 = "config.api.bad_request"
handler403 = "config.api.forbidden"
handler404 = "config.api.not_found"
handler500 = "config.api.failed"
