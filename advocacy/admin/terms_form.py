"""The form in which a draft of a program's terms is written, with boxes for each language."""

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminURLInputWidget

from advocacy import given
from advocacy.models import ProgramTerms

_LONGEST = {"text": 60_000, "address": 200, "summary": 2_000}
PARTS = ("text", "address", "summary")


def _boxes(language):
    """The fields of one language."""
    return {
        f"text_{language}": forms.CharField(
            label="The terms",
            required=False,
            max_length=_LONGEST["text"],
            widget=UnfoldAdminTextareaWidget(attrs={"rows": 14}),
            help_text="Plain text; an empty line begins a new paragraph.",
        ),
        f"address_{language}": forms.URLField(
            label="Or where they stand",
            required=False,
            max_length=_LONGEST["address"],
            assume_scheme="https",
            widget=UnfoldAdminURLInputWidget(),
            help_text="A page of the shop. What stands there can change unnoticed: a page that keeps old versions, or "
            "the text above, is better evidence.",
        ),
        f"summary_{language}": forms.CharField(
            label="What changed",
            required=False,
            max_length=_LONGEST["summary"],
            widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
            help_text="For advocates, who read it first. Empty for the first version.",
        ),
    }


class _Draft(forms.ModelForm):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        known = self.instance.words if self.instance.pk else (self.initial.get("words") or {})
        for language, said in known.items():
            for name in PARTS:
                self.initial.setdefault(f"{name}_{language}", said.get(name, ""))

    def clean(self):
        said = super().clean()
        mine = ProgramTerms.objects.select_for_update().filter(pk=self.instance.pk)
        if self.instance.pk and not mine.filter(published_at=None).exists():
            raise ValidationError("Somebody published this draft meanwhile. Write a new version for what is to change.")
        self.instance.words = {code: found for code, _ in settings.LANGUAGES if any((found := self._of(code)).values())}
        if not any(each["text"] or each["address"] for each in self.instance.words.values()):
            raise ValidationError("Write the terms, or the address where they stand, in at least one language.")
        for code, each in self.instance.words.items():
            if not (each["text"] or each["address"]):
                self.add_error(f"text_{code}", "Write the terms in this language too, or leave out what changed.")
        return said

    def _of(self, code):
        said = {name: self.cleaned_data.get(f"{name}_{code}") or "" for name in PARTS}
        if said["address"] and not said["address"].startswith("https://"):
            self.add_error(f"address_{code}", "The address must begin with https://.")
        texts = {name: given.text(name, said[name].strip(), longest=_LONGEST[name]) for name in ("text", "summary")}
        return said | {name: text.replace("\r\n", "\n") for name, text in texts.items()}


DraftForm = type(_Draft)(
    "DraftForm", (_Draft,), {n: f for code, _ in settings.LANGUAGES for n, f in _boxes(code).items()}
)
