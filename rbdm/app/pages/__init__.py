"""The pages of the app: one folder for each, and the frame that they share."""
