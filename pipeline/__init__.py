"""The domain core: frames in, episodes and evidence out. No network, no database, no clock."""
