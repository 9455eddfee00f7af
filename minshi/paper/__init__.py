"""Paper: a sheet, its photos, and what two people read on it blind to each other. It knows no vote."""
