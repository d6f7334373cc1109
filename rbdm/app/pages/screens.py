"""The list of pages, in the order of the navigation."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Screen:
    """A page of the app.

    Attributes:
        name: in the navigation.
        path: its address.
        icon: the name of a Material icon.
        module: the module with `build(context)`, which fills the page; and, if wanted, `add_routes(app, context)`,
            which adds routes and websockets to the FastAPI application. It is imported when the app starts, so it
            imports what is slow inside its functions.
    """

    name: str
    path: str
    icon: str
    module: str


SCREENS = (
    Screen("Analyze", "/", "movie", "rbdm.app.pages.analyze.page"),
    Screen("Results", "/results", "insights", "rbdm.app.pages.results.page"),
    Screen("Live", "/live", "videocam", "rbdm.app.live.page"),
    Screen("Help", "/help", "help_outline", "rbdm.app.pages.help.page"),
)
