"""Log-in and the shell of the terminal."""
