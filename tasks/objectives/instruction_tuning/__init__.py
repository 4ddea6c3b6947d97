"""Instruction tuning: the answers of chats are learned, each from all that stands before it."""
