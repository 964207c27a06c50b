"""What is shown of an object, typed and without words: one view a kind, kept up for who looks. See docs/architecture.md, Views."""
