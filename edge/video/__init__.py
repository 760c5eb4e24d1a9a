"""Reading video: packets into a ring, keyframes for triage, bursts and clips on demand."""
