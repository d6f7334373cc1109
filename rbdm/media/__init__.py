"""Video and image files: their frames, times, orientation and colours, as players show them."""
