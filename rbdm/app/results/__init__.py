"""Which results the app shows, and how they are served."""
