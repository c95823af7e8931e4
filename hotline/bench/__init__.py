"""The project's own figures, each from the real broker and store, the generator included."""
