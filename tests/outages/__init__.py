"""What goes on while a part of the venue is away: real processes, killed and stopped one by one."""
