"""Files and folders on disk → digests of exactly the bytes that were read.

Reading never follows a symbolic link, never blocks on a device, never trusts a file's size or times instead of its
bytes, and fails when the bytes move under it. ``docs/hashing.md`` lists what is refused and why.
"""
