"""Training: reviewed frames for better networks, de-identified, approved and logged."""
