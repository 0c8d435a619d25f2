"""The front ends that ship: nginx, Apache as a proxy, Apache with mod_wsgi, and uWSGI behind nginx."""
