"""The application for servers that load a file: Apache's mod_wsgi and uWSGI."""  # noqa: INP001  # they want a file, not a package

import os

from crm_oauth.observe.shared_counts import share_counts

# Before Prometheus's library is imported. Our parent is the process that starts all others of this server.
share_counts(os.getppid())

from app import app as application  # noqa: E402  # see above

__all__ = ["application"]
