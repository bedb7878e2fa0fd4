"""What is counted of code: the complexity of functions, the length of files."""
