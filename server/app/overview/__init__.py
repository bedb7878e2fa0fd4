"""What there is to see of workspaces, as frozen values: read from what is kept, and told of when it
changes. It works beside editors, in a process of its own."""
