"""What is said of brands in public, as it was told."""

from django.contrib import admin

from advocacy.admin import words
from advocacy.admin.listing import ReadOnlyListing
from advocacy.models import Mention


@admin.register(Mention)
class MentionAdmin(ReadOnlyListing):
    empty = "What a tool that listens to the web tells of your brand, and of others, by PUT /mentions of the API."
    list_display = ["brand", "feeling", "source", "said_at", "storefront_link"]
    list_filter = ["sentiment", "brand", "source", "storefront"]
    list_select_related = ["storefront"]
    search_fields = ["=mention_id"]
    search_help_text = "The id that the tool gave it"
    ordering = ["-id"]
    feeling = words.status("sentiment", "Sentiment")
    storefront_link = words.person("storefront", "Storefront")
    fieldsets = [("The mention", {"fields": [("brand", "feeling"), ("source", "said_at"), "mention_id", "noted_at"]})]
