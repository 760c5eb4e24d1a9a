"""One continuing act at one spot: presence that builds and decays, episodes that open and end."""
