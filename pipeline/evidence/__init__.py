"""What proves it: stills, clips, redaction, signed manifests and their verifier."""
