"""The types of node, one file each. They know `port` and never each other."""
