"""Labels for sources that have none: by rules, and by a teacher that learned from the sources with labels."""
