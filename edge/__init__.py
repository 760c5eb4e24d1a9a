"""The box at the intersection: cameras in, evidence and candidates out."""
