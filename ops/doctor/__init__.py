"""What ``manage.py doctor`` looks at: machine, disks, versions, servers, settings, and the venue itself. Each
module has checks, functions that yield findings; ``rounds`` runs them all."""
