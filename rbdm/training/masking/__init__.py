"""Relevance masking after Schiller et al. (2020): training faces whose relevant parts are kept, or removed."""
