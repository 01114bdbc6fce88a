from typing import Any

from django.db import migrations


def allow_what_was_ordered(apps: Any, schema_editor: Any) -> None:
    """Whoever has ordered repositories somewhere goes on with these."""
    for provision in apps.get_model("github", "Provision").objects.select_related("edition"):
        provision.installation.courses.add(provision.edition.course_id)


class Migration(migrations.Migration):
    dependencies = [
        ("github", "0005_courses"),
    ]

    operations = [
        migrations.RunPython(allow_what_was_ordered, migrations.RunPython.noop),
    ]
