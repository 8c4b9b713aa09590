"""The story on a terminal: a table of the steps, the balances, and one order's whole why."""

from advocacy import money


def table(steps):
    rows = [("", "step", "the API said", "the worker did")]
    rows += [("ok" if step.kept else "FAILED", step.what, step.api, step.worker) for step in steps]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def balances(balances):
    lines = ["Balances            available     on the way"]
    lines += [
        f"  {person:<12} {money.plain(available, 'EUR'):>14} {money.plain(pending, 'EUR'):>14}"
        for person, (available, pending) in balances.items()
    ]
    return "\n".join(lines)


_SIGNS = {"yes": "+", "no": "-", "soon": "…", "info": " "}


def why(explained):
    lines = [f"Why? {explained['summary']}"]
    for step in explained["steps"]:
        lines.append(f"  {_SIGNS[step['mood']]} {step['at'][:19].replace('T', ' ')}  {step['title']}")
        if step["detail"]:
            lines.append(f"{'':25}{step['detail']}")
        for check in step["checks"]:
            verdict = "yes" if check["passed"] else "no"
            lines.append(f"{'':25}  {check['question']}: {check['answer']} → {verdict}")
    return "\n".join(lines)
