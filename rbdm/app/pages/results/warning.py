"""What results must not be used for: shown wherever there are results."""

from html import escape

from nicegui import ui


def show_warning() -> None:
    """Show the sentences of the model card."""
    from rbdm.export.report.facts import LAW, MUST_NOT, SHOWS

    items = "".join(f"<li>{escape(text)}</li>" for text in MUST_NOT)
    ui.html(
        f'<aside class="notice" aria-label="What this must not be used for"><p><strong>{escape(SHOWS)}</strong> '
        f"It must not be used for:</p><ul>{items}</ul><p>{escape(LAW)}</p></aside>",
        sanitize=False,
    )
