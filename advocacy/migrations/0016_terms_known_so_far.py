from django.conf import settings
from django.db import migrations


def keep(apps, schema_editor):
    """Programs named the address of their terms and a number, and payouts waited for who had agreed to a lower one.

    Each such program gets that version as published when the program was made, so what was agreed to stays agreed to
    and what was held stays held. A number that was raised without an address had its words elsewhere.
    """
    Program = apps.get_model("advocacy", "Program")
    ProgramTerms = apps.get_model("advocacy", "ProgramTerms")
    Program.objects.filter(terms_url="", terms_version__lte=1).update(terms_version=0)
    for program in Program.objects.filter(terms_version__gt=0).select_related("storefront").order_by("pk"):
        language = program.storefront.language or settings.LANGUAGE_CODE
        said = {"text": "" if program.terms_url else "As the shop published them.", "address": program.terms_url}
        ProgramTerms.objects.create(
            storefront_id=program.storefront_id,
            program=program,
            number=program.terms_version,
            words={language: said | {"summary": ""}},
            material=program.terms_version > 1,
            written_at=program.created_at,
            published_at=program.created_at,
            version=1,
        )
        program.terms_needed = program.terms_version if program.terms_version > 1 else 0
        program.save(update_fields=["terms_needed"])


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0015_versions_of_terms")]
    operations = [migrations.RunPython(keep, migrations.RunPython.noop)]
