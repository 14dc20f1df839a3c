"""Files and folders on disk → digests of exactly the bytes that were read."""
