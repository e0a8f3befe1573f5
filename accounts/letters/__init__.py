"""Letters: mails to people. Saved here (``posting``), with ``links`` of the site; ``accounts.delivery``
writes and sends them from the dispatcher's process."""
