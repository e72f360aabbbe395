"""The output that others inherit."""


class Output:
    def __init__(self, pts=None):
        self.recording = False
