"""The HTTP side: routes, units of work, and what the framework would otherwise answer in HTML."""
