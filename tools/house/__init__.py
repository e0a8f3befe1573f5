"""The rooms of the house, read from the imports: what ``tools/rooms.py`` draws and counts.

imports.py   files, rooms, and the arrows between them
figures.py   what can be counted: floors, circles, long files, long functions
layout.py    where each room and each arrow goes
picture.py   the picture, as SVG
"""
