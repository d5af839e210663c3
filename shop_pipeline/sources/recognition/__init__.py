"""What a landing file looks like: its format and feeds, or a mapping guessed for it. `shop inspect` prints it.

Not here: the reading of a whole file (`sources/reader.py`), which is tried here on a sample.
"""
