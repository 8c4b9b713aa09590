"""The form of a connection: what is entered of its access is written and never shown again."""

from django import forms
from unfold.widgets import UnfoldAdminPasswordWidget

from advocacy import connections, platforms
from advocacy.models import Connection, Platform
from advocacy.refusals import Refused

SECRETS = {
    Platform.SHOPIFY: "The “API secret key” of your app at Shopify. It signs what Shopify sends.",
    Platform.STRIPE: "The endpoint’s signing secret (whsec_…). Empty: it is fetched by “Register webhooks”.",
    Platform.WOOCOMMERCE: "The secret of webhooks that you made yourself. Empty: one is made by “Register webhooks”.",
}
SHOPS = {
    Platform.SHOPIFY: "Such as acme.myshopify.com.",
    Platform.STRIPE: "Only for an account that is connected to yours: acct_… Otherwise leave it empty.",
    Platform.WOOCOMMERCE: "The address of the shop, such as https://shop.acme.example.",
}
NEEDS = {
    Platform.SHOPIFY: "Its app needs read_orders, read_fulfillments and read_customers (read_all_orders for old ones); "
    "write_discounts for coupons, and write_store_credit_account_transactions for store credit, that are made there.",
    Platform.STRIPE: "A restricted key reads Checkout Sessions, Invoices, PaymentIntents, Charges and Disputes, and "
    "writes Webhook Endpoints; for what is made there it writes Coupons, Promotion Codes and Customers.",
    Platform.WOOCOMMERCE: "WooCommerce, Settings, Advanced, REST API: a key with read and write access.",
}


class ConnectionForm(forms.ModelForm):
    """Fields of secrets are empty however often the page is opened; what is left empty stays as it is."""

    class Meta:
        model = Connection
        fields = ["storefront", "platform", "name", "shop", "asked_daily"]
        widgets = {"platform": forms.HiddenInput}

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.platform = self.instance.platform or self.data.get("platform") or self.initial.get("platform")
        if "shop" in self.fields:
            self.fields["shop"].help_text = SHOPS.get(self.platform, "")
            self.fields["shop"].required = self.platform != Platform.STRIPE
        for name, field in secret_fields(self.platform, self.instance).items():
            self.fields[name] = field

    def clean_shop(self):
        try:
            return connections.checked_shop(platform=self.platform, shop=self.cleaned_data["shop"])
        except Refused as refused:
            raise forms.ValidationError(refused.message) from refused

    def credentials(self):
        """What was entered, or None; all of it or nothing."""
        names = platforms.ALL[self.platform].credentials
        said = {name: self.cleaned_data.get(f"api_{name}", "").strip() for name in names}
        return said if all(said.values()) else None

    def clean(self):
        fields = super().clean()
        if self.platform not in platforms.ALL:
            raise forms.ValidationError("Choose the platform first.")
        names = [f"api_{name}" for name in platforms.ALL[self.platform].credentials]
        given = [name for name in names if fields.get(name, "").strip()]
        for name in names:
            if given and name not in given:
                self.add_error(name, "Both belong together: enter this one too.")
        if not self.instance.pk and fields.get("storefront") and "shop" in fields:
            self._check_free(fields)
        return fields

    def _check_free(self, fields):
        try:
            connections.check_free(storefront=fields["storefront"], platform=self.platform, shop=fields["shop"])
        except Refused as refused:
            self.add_error("shop", refused.message)


def secret_fields(platform, row):
    """The fields of what is written and never read: ``secret``, and ``api_…`` by the platform."""
    if platform not in platforms.ALL:
        return {}

    def field(label, entered, text):
        stays = " One is entered; leave this empty to keep it." if entered else ""
        # A password to browsers, but none of this site.
        widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
        return forms.CharField(label=label, required=False, max_length=500, widget=widget, help_text=text + stays)

    after = " The one before is taken for a day longer." if row.secret else ""
    found = {"secret": field("Signing secret", row.secret, SECRETS[platform] + after)}
    for place, (name, label) in enumerate(platforms.ALL[platform].credentials.items()):
        found[f"api_{name}"] = field(label, row.credentials, NEEDS[platform] if place == 0 else "")
    return found
