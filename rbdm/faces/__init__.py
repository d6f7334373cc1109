"""Finds the face in each frame, and cuts out the crop that the network gets."""
