"""Who is mailed the week's numbers: chosen like alerts, though nothing is the matter."""

from advocacy.alerts.kinds import Check, Kind

REPORT = Kind(
    name="weekly_report",
    label="The week’s numbers, on Mondays",
    todo="What each program brought last week beside the week before. It comes on Monday mornings, whether “At once” "
    "or “Once a day” is chosen.",
    sees="advocacy.view_program",
    minds="advocacy.change_program",
)
CHECK = Check(name="weekly_report", kinds=(REPORT,))
