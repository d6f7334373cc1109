// Light or dark: as the system says, until the user presses the button.

/** The page's colours by name, without their `--`. */
function readColors(names) {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/** Calls `repaint` after each change. */
function followTheme(repaint) {
  const dark = matchMedia("(prefers-color-scheme: dark)"), root = document.documentElement;
  dark.addEventListener("change", repaint);
  $("theme").addEventListener("click", () => {
    const now = root.dataset.theme || (dark.matches ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
    repaint();
  });
}
