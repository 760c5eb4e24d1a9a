"""Evidence files: uploading, verifying, storing, handing out."""
