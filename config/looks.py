"""How the admin looks: its name, colours and menu (django-unfold)."""

from django.templatetags.static import static

UNFOLD = {
    "SITE_TITLE": "Referrals",
    "SITE_HEADER": "Referrals",
    "SITE_SYMBOL": "handshake",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("config/icon.svg")}],
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "config.dashboard.show",
    "STYLES": [lambda request: static("config/admin.css")],
    "ACCOUNT": {"navigation": "config.navigation.account"},
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": "config.navigation.sidebar"},
    "BORDER_RADIUS": "8px",
    # Paper, ink, one colour: the greys are warm, what can be clicked is green.
    "COLORS": {
        "base": {
            "50": "#fcfbf9",
            "100": "#f4f1ed",
            "200": "#e6e1da",
            "300": "#cfc8bf",
            "400": "#a39b91",
            "500": "#6f6860",
            "600": "#554f49",
            "700": "#403b36",
            "800": "#2b2825",
            "900": "#1d1b19",
            "950": "#121110",
        },
        "primary": {
            "50": "#eef7f3",
            "100": "#d6ece3",
            "200": "#aedac8",
            "300": "#7fc3a8",
            "400": "#4aa886",
            "500": "#1f8a66",
            "600": "#0b6e4f",
            "700": "#095c42",
            "800": "#084a36",
            "900": "#073d2d",
            "950": "#03241a",
        },
    },
}
