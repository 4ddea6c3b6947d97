"""Adds `prefect flow run ENTRYPOINT --param NAME=VALUE` to Prefect's command line, which has no local run of its own."""
