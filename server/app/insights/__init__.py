"""What insights are read from, and who asks for them."""
