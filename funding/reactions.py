"""What time and lower apps' news do to money and work."""
