"""The only room that writes to the user's files: what stood there is recorded durably first."""
