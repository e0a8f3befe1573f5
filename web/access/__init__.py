"""What every surface has to know of a request before it is looked at.

``headers``      a header's one value, however often the client sent it
``addresses``    where it comes from, as the limits count
``credentials``  the token or session it carries, not yet believed (``accounts.identity`` does that)
``password_backend``  a user name and password: counted, slowed down, hashed a few at a time
``second_step``      the page for the code or passkey, between the two steps of a log-in
``request_places``   network and device of a request, as lists of log-ins and notices name them
``people_limits``    how often letters may be asked for
``origins``      whether a browser's page may open a WebSocket
``language``     which language it is answered in
``limiter``      how many there may be; ``shared_counts``: counted by all processes together

Nothing else reads these headers or counts requests; a test holds it.
"""
