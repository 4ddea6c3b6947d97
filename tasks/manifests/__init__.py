"""What finished products say of themselves: the small frozen values that cross a task's border."""
