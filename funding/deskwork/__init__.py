"""What staff do about money and work in the admin: each action as a form, never a raw field."""
