"""Who may use the app: only the browser that this person started, only on this machine."""
