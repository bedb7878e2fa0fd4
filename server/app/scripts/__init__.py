"""The scripts of automations: where they are, and how they are run."""
