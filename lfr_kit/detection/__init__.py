"""Finding faces: frames in, boxes, landmarks and detection scores out."""
