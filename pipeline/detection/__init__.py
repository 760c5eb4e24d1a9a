"""What is in this frame: model cards, ONNX Runtime sessions, letterbox and suppression."""
