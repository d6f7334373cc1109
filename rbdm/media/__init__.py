"""Reads video and image files: frames, times, orientation and colours, as video players show them."""
