"""What uvicorn is given: the protocols of its connections, ``--http`` and ``--ws``, and their bounds.

uvicorn imports these modules before the application, so none of them may need Django.
"""
