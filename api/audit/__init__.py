"""The hash-chained log and the register of who opened what."""
