"""The page `Live`: the picture of a camera, annotated at once, and recorded if the person wants it."""
