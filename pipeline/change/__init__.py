"""What differs from the camera's own reference view, and whether the view can be trusted."""
