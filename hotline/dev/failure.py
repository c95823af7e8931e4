"""What stops the stack, in words for the person at the terminal."""


class StackFailure(Exception):
    """The stack cannot start or go on. The message is one sentence that says what to do."""
