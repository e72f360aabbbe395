raise ImportError("libcamera is of another version")
