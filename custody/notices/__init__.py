"""What providers tell by themselves.

receiving   a notice is checked and saved; only then is it acknowledged
handling    what follows from a notice, in the custody job
"""
