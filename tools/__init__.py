"""Set-up and running, with the standard library alone: these run before anything is installed."""
