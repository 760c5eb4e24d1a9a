"""Parts of the simulated camera: the clip it plays, its RTP packets, its password check."""
