"""Programs that others wrote, as clients of the server as it ships."""
