"""API keys: made, kept encrypted, and what a signed request is checked by.

``key_encryption``   secrets at rest, under key-encryption keys that rotate
``issuing``          made, listed and revoked by their users
``signatures``       the bytes that are signed, and the two kinds of signature
``used_signatures``  a signature is good once, in all web processes
``verified_keys``    keys in use, as a process remembers them, and the whole check of a request
"""
