"""What is seen of requests from outside: log lines, metrics, the audit trail, and the identifier that joins them."""
