"""What files hold, guessed from their names and first records."""
