from django.urls import path

from advocacy.pages import terms, testimonials
from config.portal import joining, pages, sessions
from referrals.pages import claims, invitations, late_codes
from rewards.pages import payees, statements

urlpatterns = [
    path("enter/<str:token>/", sessions.enter, name="portal-enter"),
    path("", pages.index, name="portal-index"),
    path("join/<str:name>/", joining.join, name="portal-join"),
    path("code/", late_codes.enter, name="portal-late-code"),
    path("<str:advocate>/", pages.share, name="portal"),
    path("<str:advocate>/invite/", invitations.invite, name="portal-invite"),
    path("<str:advocate>/missing/", claims.missing, name="portal-missing"),
    path("<str:advocate>/rewards/", pages.rewards, name="portal-rewards"),
    path("<str:advocate>/rewards/statement.csv", pages.statement_file, name="portal-statement-file"),
    path("<str:advocate>/payee/", payees.edit, name="portal-payee"),
    path("<str:advocate>/payouts/<str:payout>/", statements.mine, name="portal-statement"),
    path("<str:advocate>/terms/", terms.agree, name="portal-terms"),
    path("<str:advocate>/tell/", testimonials.tell, name="portal-tell"),
    path("<str:advocate>/tell/<str:testimonial>/withdraw/", testimonials.withdraw, name="portal-withdraw"),
]
