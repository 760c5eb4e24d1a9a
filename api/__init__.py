"""The centre: review, cases and the case feed."""
