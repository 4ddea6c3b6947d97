"""Training rows that repeat what is measured on."""
