"""What several commands share; nothing in here is a command, and no command imports another."""
